use persys_hostile::almost;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::properties;

const WHOLE: &str = include_str!("../tests/workload.json");

fn good() -> serde_json::Value {
    json!({"name": "simple-nginx", "type": "docker-container", "image": "nginx:alpine"})
}

fn validate(changes: serde_json::Value) -> Result<(), InvalidWorkload> {
    let mut value = good();
    for (key, change) in changes.as_object().unwrap() {
        value[key] = change.clone();
    }
    serde_json::from_value::<Workload>(value).unwrap().validate()
}

#[test]
fn a_whole_workload_is_valid() {
    let whole: Workload = serde_json::from_str(WHOLE).unwrap();
    assert_eq!(whole.validate(), Ok(()));
}

#[test]
fn each_field_s_refusal_names_the_field() {
    for (changes, field) in [
        (json!({"id": "../etc"}), "id"),
        (json!({"id": "8C1F2F0E-7F5E-4B7E-9D52-9F6A5B1D2C3E"}), "id"),
        (json!({"name": ""}), "name"),
        (json!({"name": "-a"}), "name"),
        (json!({"name": "Ä"}), "name"),
        (json!({"name": "a".repeat(64)}), "name"),
        (json!({"type": null}), "type"),
        (json!({"image": null}), "image"),
        (json!({"image": " "}), "image"),
        (json!({"image": "a b"}), "image"),
        (json!({"type": "docker-compose"}), "localPath"),
        (json!({"type": "docker-compose", "localPath": "../x"}), "localPath"),
        (json!({"type": "git-compose"}), "gitRepo"),
        (json!({"type": "git-compose", "gitRepo": "file:///etc"}), "gitRepo"),
        (json!({"type": "git-compose", "gitRepo": "https://"}), "gitRepo"),
        (json!({"type": "git-compose", "gitRepo": "https:///x"}), "gitRepo"),
        (json!({"type": "git-compose", "gitRepo": "https://git/a b"}), "gitRepo"),
        (json!({"type": "git-compose", "gitRepo": "https://me:s3cret@git/x"}), "gitRepo"),
        (json!({"gitBranch": "--upload-pack=x"}), "gitBranch"),
        (json!({"gitBranch": "a..b"}), "gitBranch"),
        (json!({"gitBranch": "a b"}), "gitBranch"),
        (json!({"gitToken": "a\nb"}), "gitToken"),
        (json!({"ports": ["80"]}), "ports"),
        (json!({"ports": ["0:80"]}), "ports"),
        (json!({"ports": ["65536:80"]}), "ports"),
        (json!({"ports": ["+1:80"]}), "ports"),
        (json!({"volumes": ["a:/b"]}), "volumes"),
        (json!({"volumes": ["/a/../..:/b"]}), "volumes"),
        (json!({"volumes": ["/a:/b:rx"]}), "volumes"),
        (json!({"envVars": {"": "x"}}), "envVars"),
        (json!({"envVars": {"A=B": "x"}}), "envVars"),
        (json!({"command": "a\u{0}b"}), "command"),
        (json!({"resources": {"cpu": -1.0}}), "resources"),
        (json!({"desiredState": "Deleted"}), "desiredState"),
    ] {
        let error = validate(changes.clone()).expect_err(&changes.to_string());
        assert_eq!(error.field, field, "{changes}");
    }
}

#[test]
fn a_repository_is_named_by_its_address_and_branch() {
    for (repo, branch) in [
        ("https://git.host/a/b.git", "main"),
        ("http://127.0.0.1:8080/a?x=1", "feature/a-b_1.0"),
        ("https://me@[::1]:443/a", ""),
    ] {
        let changes =
            json!({"type": "git-compose", "gitRepo": repo, "gitBranch": branch, "gitToken": "t"});
        assert_eq!(validate(changes), Ok(()), "{repo}");
    }
}

#[test]
fn unknown_fields_are_ignored_and_absent_ones_not_written() {
    let workload: Workload =
        serde_json::from_value(json!({"name": "a", "type": "git-compose", "color": "red"}))
            .unwrap();
    assert_eq!(
        serde_json::to_value(&workload).unwrap(),
        json!({"name": "a", "type": "git-compose"})
    );
}

proptest! {
    #[test]
    fn a_name_is_valid_exactly_by_the_contract_s_pattern(name in "[a-zA-Z0-9_-]{0,70}") {
        let expected = (1..=63).contains(&name.len())
            && !name.starts_with('-')
            && name.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '-'));
        prop_assert_eq!(validate(json!({"name": name})).is_ok(), expected);
    }

    #[test]
    fn ports_in_range_are_read_back(host in 1u16.., container in 1u16..) {
        let mapping = PortMapping::parse(&format!("{host}:{container}")).unwrap();
        prop_assert_eq!((mapping.host, mapping.container.number), (host, container));
    }

    #[test]
    fn files_with_mistakes_are_taken_or_refused_for_a_field(file in almost(&[WHOLE.as_bytes()])) {
        properties::workload(&file);
    }

    #[test]
    fn odd_text_never_panics(text in ".*") {
        let _ = PortMapping::parse(&text);
        let _ = validate(json!({"gitRepo": format!("https://{text}"), "gitBranch": text}));
        let _ = validate(json!({"id": text, "name": text, "volumes": [text], "localPath": text}));
    }
}
