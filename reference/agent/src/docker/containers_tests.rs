use bollard::models::{ContainerStateStatusEnum, ContainerSummaryStateEnum};

use super::*;

fn listed(state: ContainerSummaryStateEnum) -> Container {
    Container::from_summary(ContainerSummary {
        id: Some("0123".into()),
        names: Some(vec!["/w-1".into()]),
        labels: Some(HashMap::from([(WORKLOAD_LABEL.to_owned(), "w-1".to_owned())])),
        state: Some(state),
        ..ContainerSummary::default()
    })
}

fn state(status: ContainerStateStatusEnum, exit_code: i64, error: &str) -> ContainerState {
    ContainerState {
        status: Some(status),
        exit_code: Some(exit_code),
        error: Some(error.to_owned()),
        ..ContainerState::default()
    }
}

#[test]
fn a_listed_container_has_plain_names_and_docker_s_state() {
    let container = listed(ContainerSummaryStateEnum::RUNNING);
    assert_eq!(container.names, ["w-1"]);
    assert_eq!(container.state, "running");
    assert_eq!(container.workload_id(), "w-1");
}

#[test]
fn one_that_ended_has_an_exit_code() {
    let ended = listed(ContainerSummaryStateEnum::EXITED).with_state(state(
        ContainerStateStatusEnum::EXITED,
        3,
        "",
    ));
    assert_eq!((ended.exit_code, ended.reason), (Some(3), None));
}

#[test]
fn one_that_was_never_started_has_docker_s_reason_and_no_exit_code() {
    let made = listed(ContainerSummaryStateEnum::CREATED).with_state(state(
        ContainerStateStatusEnum::CREATED,
        0,
        "port is already allocated",
    ));
    assert!(made.is_created());
    assert_eq!(made.exit_code, None);
    assert_eq!(made.reason.as_deref(), Some("port is already allocated"));
}

#[test]
fn the_inspection_is_newer_than_the_list() {
    let running = listed(ContainerSummaryStateEnum::EXITED).with_state(state(
        ContainerStateStatusEnum::RUNNING,
        0,
        "",
    ));
    assert_eq!((running.state.as_str(), running.exit_code), ("running", None));
}

#[test]
fn one_that_was_killed_for_want_of_memory_says_so() {
    let mut killed = state(ContainerStateStatusEnum::EXITED, 137, "");
    killed.oom_killed = Some(true);
    let killed = listed(ContainerSummaryStateEnum::EXITED).with_state(killed);
    assert_eq!(killed.reason.as_deref(), Some("out of memory"));
}

#[test]
fn a_reference_cannot_leave_its_place_in_a_path() {
    assert!(is_reference("3f2b8c1e-0d57-4f0e-9a57-6a1f7f0f7f11"));
    for text in ["", "a", "..", "../x", "a/b", "a?b", "a%2fb", "-a", "ä-1", "a b"] {
        assert!(!is_reference(text), "{text}");
    }
    assert!(!is_reference(&"x".repeat(129)));
}

#[test]
fn a_list_tells_an_exit_code_in_words() {
    assert_eq!(exit_code_in("Exited (137) 3 minutes ago"), Some(137));
    assert_eq!(exit_code_in("Exited (0) Less than a second ago"), Some(0));
    assert_eq!(exit_code_in("Up 3 minutes"), None);
    assert_eq!(exit_code_in("Created"), None);
}
