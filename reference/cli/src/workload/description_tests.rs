use clap::Parser;
use serde_json::json;

use super::*;
use crate::{
    arguments::{Arguments, Command},
    workload::WorkloadCommand,
};

fn describe(flags: &[&str]) -> Result<Value, Failure> {
    let line = [&["persys-cli", "workload", "schedule"], flags].concat();
    match Arguments::try_parse_from(line).unwrap().command {
        Command::Workload(WorkloadCommand::Schedule(arguments)) => arguments.describe(),
        other => panic!("{other:?}"),
    }
}

fn temporary(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

#[test]
fn every_flag_has_its_field() {
    let description = describe(&[
        "--name",
        "web",
        "--image",
        "nginx:alpine",
        "--command",
        "-f x",
        "--env",
        "A=b=c",
        "--env",
        "B=",
        "--port",
        "8080:80",
        "--port",
        "53:53/udp",
        "--volume",
        "/a:/b:ro",
        "--network",
        "bridge",
        "--restart-policy",
        "on-failure",
        "--label",
        "zone=a",
        "--cpu",
        "0.5",
        "--memory",
        "1KiB",
        "--id",
        "8c1f2f0e-7f5e-4b7e-9d52-9f6a5b1d2c3e",
    ]);
    assert_eq!(
        description.unwrap(),
        json!({
            "id": "8c1f2f0e-7f5e-4b7e-9d52-9f6a5b1d2c3e", "name": "web", "type": "docker-container",
            "image": "nginx:alpine", "command": "-f x", "envVars": {"A": "b=c", "B": ""},
            "ports": ["8080:80", "53:53/udp"], "volumes": ["/a:/b:ro"], "network": "bridge",
            "restartPolicy": "on-failure", "labels": {"zone": "a"},
            "resources": {"cpu": 0.5, "memory": 1024},
        })
    );
}

#[test]
fn the_type_is_told_from_the_flags() {
    let compose = temporary("services: {}");
    let path = compose.path().to_str().unwrap();
    let description = describe(&["--name", "a", "--compose", path]).unwrap();
    assert_eq!(
        description,
        json!({"name": "a", "type": "docker-compose", "compose": "c2VydmljZXM6IHt9"})
    );
    let description = describe(&["--name", "a", "--local-path", "/srv/a"]).unwrap();
    assert_eq!(description["type"], "docker-compose");
    let token = temporary("s3cret\n");
    let path = token.path().to_str().unwrap();
    let description = describe(&[
        "--name",
        "a",
        "--git-repo",
        "https://git/x",
        "--git-branch",
        "main",
        "--git-token-file",
        path,
    ]);
    assert_eq!(
        description.unwrap(),
        json!({"name": "a", "type": "git-compose", "gitRepo": "https://git/x", "gitBranch": "main",
               "gitToken": "s3cret"})
    );
}

#[test]
fn flags_override_the_file_and_unknown_fields_are_sent_on() {
    let file = temporary(r#"{"name":"a","type":"docker-container","image":"x","color":"red"}"#);
    let path = file.path().to_str().unwrap();
    assert_eq!(
        describe(&["-f", path, "--image", "y"]).unwrap(),
        json!({"name": "a", "type": "docker-container", "image": "y", "color": "red"})
    );
}

#[test]
fn a_file_that_is_no_json_object_is_wrong_usage() {
    for text in ["", "[]", "{", "null"] {
        let file = temporary(text);
        let failure = describe(&["-f", file.path().to_str().unwrap()]).unwrap_err();
        assert!(matches!(failure, Failure::Usage(_)), "{text}: {failure}");
    }
}
