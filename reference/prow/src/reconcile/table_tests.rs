use persys_contract::{ContainerEntry, RestartPolicy, WORKLOAD_LABEL, WorkloadMetadata};

use super::*;
use crate::observation::Sight;

fn workload(desired: DesiredState, status: WorkloadStatus) -> Workload {
    Workload { desired_state: Some(desired), status: Some(status), ..Workload::default() }
}

fn there(state: State) -> Seen {
    Seen::There(Sight { id: "c".to_owned(), state, reason: None, done: false })
}

/// A container of the workload that ended.
fn ended(workload: &Workload, exit_code: Option<i64>) -> Seen {
    let entry = ContainerEntry {
        status: "exited".to_owned(),
        exit_code,
        labels: [(WORKLOAD_LABEL.to_owned(), workload.id.clone())].into(),
        ..ContainerEntry::default()
    };
    Seen::find(workload, &Ok(vec![entry]))
}

fn action(workload: &Workload, seen: &Seen) -> ReconcileAction {
    match decide(workload, seen) {
        Step::Take(action) => action,
        Step::Deploy => panic!("{workload:?}"),
    }
}

const STATES: [State; 13] = [
    State::Created,
    State::Running,
    State::Paused,
    State::Restarting,
    State::Removing,
    State::Exited(Some(0)),
    State::Exited(Some(1)),
    State::Dead,
    State::Run(WorkloadStatus::Pulling),
    State::Run(WorkloadStatus::ContainerCreating),
    State::Run(WorkloadStatus::ImagePullBackOff),
    State::Run(WorkloadStatus::Failed),
    State::Run(WorkloadStatus::Missing),
];

#[test]
fn the_table_is_the_contract_s() {
    use ReconcileAction::{None, Recreate, Remove, Restart, Retry, Stop, Unpause};
    // In the order of STATES, then absent.
    let rows = [
        (
            DesiredState::Running,
            [
                None, None, Unpause, None, None, Restart, Restart, Recreate, None, None, Retry,
                Recreate, Recreate,
            ],
            Recreate,
        ),
        (
            DesiredState::Stopped,
            [None, Stop, Stop, Stop, None, None, None, None, None, None, None, None, None],
            None,
        ),
        (DesiredState::Deleted, [Remove; 13], Remove),
    ];
    for (desired, expected, absent) in rows {
        let workload = workload(desired, WorkloadStatus::Running);
        for (state, expected) in STATES.into_iter().zip(expected) {
            assert_eq!(action(&workload, &there(state)), expected, "{desired} {state:?}");
        }
        assert_eq!(action(&workload, &Seen::Absent), absent, "{desired} absent");
    }
}

#[test]
fn nothing_is_done_while_nobody_knows_what_is_the_case() {
    let away = Seen::Unreachable("docker does not answer".to_owned());
    for &desired in DesiredState::ALL {
        for &status in WorkloadStatus::ALL {
            assert_eq!(action(&workload(desired, status), &away), ReconcileAction::None);
        }
    }
}

#[test]
fn a_new_workload_is_deployed_not_recreated() {
    for status in [WorkloadStatus::Pending, WorkloadStatus::Scheduled] {
        let new = workload(DesiredState::Running, status);
        assert_eq!(decide(&new, &Seen::Absent), Step::Deploy);
        // Told already, by somebody who did not get to write it down.
        assert_eq!(action(&new, &there(State::Running)), ReconcileAction::None);
        let unwanted = workload(DesiredState::Stopped, status);
        assert_eq!(action(&unwanted, &Seen::Absent), ReconcileAction::None);
    }
}

#[test]
fn a_one_shot_workload_is_left_alone_once_it_has_done_its_work() {
    let mut shot = workload(DesiredState::Running, WorkloadStatus::Exited);
    shot.id = "w".to_owned();
    shot.restart_policy = Some(RestartPolicy::No);
    assert_eq!(action(&shot, &ended(&shot, Some(0))), ReconcileAction::None);
    assert_eq!(action(&shot, &ended(&shot, Some(1))), ReconcileAction::Restart);
    assert_eq!(action(&shot, &ended(&shot, None)), ReconcileAction::Restart);
    for policy in [RestartPolicy::Always, RestartPolicy::OnFailure, RestartPolicy::UnlessStopped] {
        shot.restart_policy = Some(policy);
        let taken = action(&shot, &ended(&shot, Some(0)));
        assert_eq!(taken, ReconcileAction::Restart, "{policy:?}");
    }
}

#[test]
fn a_record_wants_attention_where_its_status_does_not_fit_the_wish() {
    use WorkloadStatus::{
        ContainerCreating, Exited, Failed, ImagePullBackOff, Missing, Pending, Pulling, Recreating,
        Restarting, Running, Scheduled, Stopped, Stopping, Unknown,
    };
    let wanting = |desired, statuses: &[WorkloadStatus]| {
        for &status in WorkloadStatus::ALL {
            let expected = statuses.contains(&status);
            assert_eq!(wants_attention(&workload(desired, status)), expected, "{desired} {status}");
        }
    };
    let running = [Pending, Scheduled, Missing, Failed, Exited, ImagePullBackOff, Stopped];
    wanting(DesiredState::Running, &running);
    wanting(DesiredState::Stopped, &[Running, Restarting]);
    wanting(DesiredState::Deleted, WorkloadStatus::ALL);
    for status in [ContainerCreating, Pulling, Recreating, Stopping, Unknown] {
        assert!(!running.contains(&status));
    }
}

#[test]
fn a_finished_one_shot_workload_wants_nothing() {
    let mut shot = workload(DesiredState::Running, WorkloadStatus::Exited);
    shot.restart_policy = Some(RestartPolicy::No);
    let exited = |reason: &str| {
        let reason = Some(reason.to_owned());
        Some(WorkloadMetadata { reason, ..WorkloadMetadata::default() })
    };
    shot.metadata = exited("exited with code 0");
    assert!(!wants_attention(&shot));
    assert_eq!(action(&shot, &Seen::Absent), ReconcileAction::None);
    shot.metadata = exited("exited with code 2");
    assert!(wants_attention(&shot));
    assert_eq!(action(&shot, &Seen::Absent), ReconcileAction::Recreate);
}
