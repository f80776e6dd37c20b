use std::path::Path;

use super::*;

const FILE: &str = "workloads/x.yaml";

fn read(text: &str) -> Result<Workload, String> {
    let topology = include_str!("../../../topology.json");
    let topology = Topology::parse(Path::new("topology.json"), topology).unwrap();
    let beside = [("app/docker-compose.yml", "services: {}")];
    Definition::parse(FILE, text)
        .and_then(|definition| definition.workload(FILE, &topology, &beside))
        .map_err(|error| error.to_string())
}

#[test]
fn each_type_is_read_in_the_strategy_s_words() {
    let container = read("name: a\ntype: docker-container\nimage: '{web}'\nports: ['8081:80']");
    let container = container.unwrap();
    assert_eq!(container.image.as_deref(), Some("persys-test/web:1"));
    assert_eq!(container.ports, ["8081:80"]);
    let project = "name: b\ntype: docker-compose\ncomposeDir: ./app/\nenvVars: {KEY: '{worker}'}";
    let project = read(project).unwrap();
    assert_eq!(project.compose, Some(STANDARD.encode("services: {}")));
    assert_eq!(project.env_vars["KEY"], "persys-test/worker:1");
    let cloned = "name: c\ntype: git-compose\ngitRepo: '{github}/a/b'\nbranch: main";
    let cloned = read(cloned).unwrap();
    assert_eq!(cloned.git_repo.as_deref(), Some("https://10.77.0.70/a/b"));
    assert_eq!(cloned.git_branch.as_deref(), Some("main"));
}

#[test]
fn what_is_wrong_is_told_with_file_field_and_mend() {
    for (text, parts) in [
        ("name: a\ntype: docker-container", &["image: is needed", "write it"][..]),
        ("name: a\ntype: docker-container\nimage: '{wbe}'", &["image: {wbe} is no", "write {web}"]),
        ("name: a\ntype: docker-compose\nimage: x", &["image: does not go with", "leave it out"]),
        ("name: a\ntype: docker-compose", &["composeDir: is needed", "write it"]),
        (
            "name: a\ntype: docker-compose\ncomposeDir: ./ap",
            &["composeDir: there is no ap/docker-compose.yml", "name a folder"],
        ),
        (
            "name: a\ntype: docker-compose\ncomposeDir: app\nenvVars: {KEY: '{nobody}'}",
            &["envVars.KEY: {nobody} is no placeholder", "write {web}"],
        ),
        ("name: a\ntype: git-compose\nbranch: main", &["gitRepo: is needed"]),
        ("name: a\ntype: git-compose\ngitRepo: ftp://x", &["gitRepo: must be an http"]),
        ("name: A\ntype: docker-container\nimage: x", &["name: must match"]),
        ("name: a\ntype: docker-container\nimage: x\nports: ['80']", &["ports: must look like"]),
        ("name: a\ntype: docker-container\nimage: x\nport: 1", &["read ", "port"]),
        ("name: a\ntype: podman\nimage: x", &["read ", "podman"]),
        ("type: docker-container\nimage: x", &["read ", "name"]),
        ("name: [", &["read "]),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.contains(FILE), "{error}");
        for part in parts {
            assert!(error.contains(part), "{text:?}: {error}");
        }
    }
}
