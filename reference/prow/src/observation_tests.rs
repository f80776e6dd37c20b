use persys_contract::{RestartPolicy, WorkloadMetadata};

use super::*;
use crate::one_shot::EXITED_WELL;

fn entry(workload: &str, status: &str, exit_code: Option<i64>) -> ContainerEntry {
    ContainerEntry {
        id: "c1".to_owned(),
        status: status.to_owned(),
        exit_code,
        labels: [(WORKLOAD_LABEL.to_owned(), workload.to_owned())].into(),
        ..ContainerEntry::default()
    }
}

fn seen(status: &str, exit_code: Option<i64>) -> Seen {
    let running = workload(DesiredState::Running, WorkloadStatus::Running);
    Seen::find(&running, &Ok(vec![entry("other", "dead", None), entry("w", status, exit_code)]))
}

fn away() -> Seen {
    let address = "http://10.0.0.1:8080".to_owned();
    let running = workload(DesiredState::Running, WorkloadStatus::Running);
    Seen::find(&running, &Err(CallError::TimedOut { address }))
}

fn workload(desired: DesiredState, status: WorkloadStatus) -> Workload {
    Workload {
        id: "w".to_owned(),
        desired_state: Some(desired),
        status: Some(status),
        ..Workload::default()
    }
}

#[test]
fn docker_s_states_become_the_contract_s() {
    let running = workload(DesiredState::Running, WorkloadStatus::Running);
    let stopped = workload(DesiredState::Stopped, WorkloadStatus::Running);
    for (state, if_running, if_stopped) in [
        ("created", WorkloadStatus::ContainerCreating, WorkloadStatus::ContainerCreating),
        ("running", WorkloadStatus::Running, WorkloadStatus::Running),
        ("Running", WorkloadStatus::Running, WorkloadStatus::Running),
        ("paused", WorkloadStatus::Stopped, WorkloadStatus::Stopped),
        ("restarting", WorkloadStatus::Restarting, WorkloadStatus::Restarting),
        ("removing", WorkloadStatus::Stopping, WorkloadStatus::Stopping),
        ("exited", WorkloadStatus::Exited, WorkloadStatus::Stopped),
        ("dead", WorkloadStatus::Failed, WorkloadStatus::Failed),
        ("Pulling", WorkloadStatus::Pulling, WorkloadStatus::Pulling),
        ("ImagePullBackOff", WorkloadStatus::ImagePullBackOff, WorkloadStatus::ImagePullBackOff),
        ("Failed", WorkloadStatus::Failed, WorkloadStatus::Failed),
        ("odd", WorkloadStatus::Unknown, WorkloadStatus::Unknown),
    ] {
        assert_eq!(seen(state, None).status(&running), if_running, "{state}");
        assert_eq!(seen(state, None).status(&stopped), if_stopped, "{state}");
    }
}

#[test]
fn what_is_not_there_is_missing_unless_nobody_was_told_or_it_is_not_wanted() {
    let running = workload(DesiredState::Running, WorkloadStatus::Running);
    let absent = Seen::find(&running, &Ok(vec![]));
    for &status in WorkloadStatus::ALL {
        let untold = matches!(status, WorkloadStatus::Pending | WorkloadStatus::Scheduled);
        let expected = if untold { status } else { WorkloadStatus::Missing };
        assert_eq!(absent.status(&workload(DesiredState::Running, status)), expected);
        let stopped = workload(DesiredState::Stopped, status);
        assert_eq!(absent.status(&stopped), WorkloadStatus::Stopped);
        let expected = if untold { status } else { WorkloadStatus::Unknown };
        assert_eq!(away().status(&workload(DesiredState::Running, status)), expected);
    }
}

#[test]
fn a_workload_that_was_given_up_stays_failed_with_its_reason_until_it_runs() {
    let mut given_up = workload(DesiredState::Running, WorkloadStatus::Failed);
    let reason = Some("given up".to_owned());
    given_up.metadata = Some(WorkloadMetadata { reason, ..WorkloadMetadata::default() });
    let exited = seen("exited", Some(1));
    assert_eq!(exited.status(&given_up), WorkloadStatus::Failed);
    assert_eq!(exited.reason(&given_up).as_deref(), Some("given up"));
    assert_eq!(seen("running", None).status(&given_up), WorkloadStatus::Running);
    assert_eq!(seen("running", None).reason(&given_up), None);
}

#[test]
fn a_one_shot_workload_that_is_done_stays_so_whatever_becomes_of_its_node() {
    let mut done = workload(DesiredState::Running, WorkloadStatus::Exited);
    done.restart_policy = Some(persys_contract::RestartPolicy::No);
    let reason = Some(EXITED_WELL.to_owned());
    done.metadata = Some(WorkloadMetadata { reason, ..WorkloadMetadata::default() });
    for seen in [away(), Seen::find(&done, &Ok(vec![]))] {
        assert_eq!(seen.status(&done), WorkloadStatus::Exited);
        assert_eq!(seen.reason(&done).as_deref(), Some(EXITED_WELL));
    }
}

#[test]
fn an_end_is_told_with_its_code() {
    let running = workload(DesiredState::Running, WorkloadStatus::Running);
    assert_eq!(seen("exited", Some(0)).reason(&running).as_deref(), Some(EXITED_WELL));
    assert_eq!(seen("exited", None).reason(&running).as_deref(), Some("exited"));
    assert_eq!(
        exit_reason(Some(137), Some("out of memory")),
        "exited with code 137: out of memory"
    );
    assert!(away().reason(&running).unwrap().contains("10.0.0.1"));
}

#[test]
fn of_several_containers_the_one_that_fares_worst_counts() {
    let running = workload(DesiredState::Running, WorkloadStatus::Running);
    let of = |states: &[(&str, Option<i64>)]| {
        let entries = states.iter().map(|(state, code)| entry("w", state, *code)).collect();
        Seen::find(&running, &Ok(entries)).status(&running)
    };
    assert_eq!(of(&[("running", None), ("running", None)]), WorkloadStatus::Running);
    assert_eq!(of(&[("running", None), ("exited", Some(1))]), WorkloadStatus::Exited);
    assert_eq!(of(&[("restarting", None), ("paused", None)]), WorkloadStatus::Restarting);
    assert_eq!(of(&[("running", None), ("exited", Some(0))]), WorkloadStatus::Exited);
    assert_eq!(of(&[("exited", Some(1)), ("Missing", None)]), WorkloadStatus::Missing);
    // The run tells more than what it has made so far.
    let pulling = [("running", None), ("Missing", None), ("Pulling", None)];
    assert_eq!(of(&pulling), WorkloadStatus::Pulling);
    assert_eq!(of(&[("running", None), ("Failed", None)]), WorkloadStatus::Failed);
}

#[test]
fn one_that_has_done_its_work_beside_one_that_runs_is_as_it_should_be() {
    let once = |code| {
        let mut entry = entry("w", "exited", Some(code));
        entry.labels.insert(RUN_ONCE_LABEL.to_owned(), "true".to_owned());
        entry
    };
    let plain = workload(DesiredState::Running, WorkloadStatus::Running);
    let of = |workload: &Workload, entries| Seen::find(workload, &Ok(entries));
    let beside = of(&plain, vec![once(0), entry("w", "running", None)]);
    assert_eq!(beside.status(&plain), WorkloadStatus::Running);
    let failed = of(&plain, vec![once(1), entry("w", "running", None)]);
    assert_eq!(failed.status(&plain), WorkloadStatus::Exited);
    let Seen::There(all) = of(&plain, vec![once(0), once(0)]) else { panic!("nothing is there") };
    assert!(all.done && all.state == State::Exited(Some(0)));
    // The workload's own policy says the same of all of its containers.
    let shot = Workload { restart_policy: Some(RestartPolicy::No), ..plain };
    let beside = of(&shot, vec![entry("w", "exited", Some(0)), entry("w", "running", None)]);
    assert_eq!(beside.status(&shot), WorkloadStatus::Running);
}

#[test]
fn a_project_that_is_not_to_run_runs_as_long_as_any_of_it_does() {
    let stopped = workload(DesiredState::Stopped, WorkloadStatus::Running);
    let of = |states: &[(&str, Option<i64>)]| {
        let entries = states.iter().map(|(state, code)| entry("w", state, *code)).collect();
        Seen::find(&stopped, &Ok(entries)).status(&stopped)
    };
    assert_eq!(of(&[("exited", Some(1)), ("running", None)]), WorkloadStatus::Running);
    assert_eq!(of(&[("Missing", None), ("running", None)]), WorkloadStatus::Running);
    assert_eq!(of(&[("Missing", None), ("exited", None)]), WorkloadStatus::Stopped);
    assert_eq!(of(&[("Missing", None), ("Missing", None)]), WorkloadStatus::Stopped);
}

#[test]
fn a_lost_container_is_nobody_s_crash() {
    assert!(seen("exited", Some(1)).is_there() && seen("Failed", None).is_there());
    assert!(!seen("Missing", None).is_there() && !away().is_there());
}

#[test]
fn a_paused_container_is_called_so_where_a_person_asks() {
    let running = workload(DesiredState::Running, WorkloadStatus::Running);
    assert_eq!(seen("paused", None).describe(&running), "Paused");
    assert_eq!(seen("running", None).describe(&running), "Running");
}
