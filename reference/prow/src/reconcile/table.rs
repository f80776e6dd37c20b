//! The table of contract §6: desired and actual state to action.

use persys_contract::{DesiredState, ReconcileAction, Workload, WorkloadStatus};
use persys_reference_base::defect;

use crate::{
    observation::{Seen, State},
    one_shot::is_finished,
};

/// What is to be done, if its time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Tell the agent for the first time.
    Deploy,
    Take(ReconcileAction),
}

/// Decides by what was seen; `workload` is the record as it stands.
pub fn decide(workload: &Workload, seen: &Seen) -> Step {
    use ReconcileAction::{None, Recreate, Remove, Restart, Retry, Stop, Unpause};

    let desired = workload.desired_state.unwrap_or(DesiredState::Running);
    let action = match (desired, seen) {
        // Nobody knows what is the case, so nothing is done about it.
        (_, Seen::Unreachable(_)) => None,
        (DesiredState::Deleted, _) => Remove,
        (DesiredState::Running, Seen::Absent) if is_new(workload) => return Step::Deploy,
        (DesiredState::Running, Seen::Absent) if is_finished(workload) => None,
        (DesiredState::Running, Seen::Absent) => Recreate,
        (DesiredState::Running, Seen::There(there)) => match &there.state {
            State::Exited(_) if there.done => defect!("one-shot-runs-again", Restart, None),
            State::Exited(_) => Restart,
            State::Paused => Unpause,
            State::Dead | State::Run(WorkloadStatus::Failed | WorkloadStatus::Missing) => Recreate,
            State::Run(WorkloadStatus::ImagePullBackOff) => Retry,
            State::Created | State::Running | State::Restarting | State::Removing => None,
            State::Run(_) => None,
        },
        (DesiredState::Stopped, Seen::Absent) => None,
        (DesiredState::Stopped, Seen::There(there)) => match &there.state {
            // One that Docker restarts, or that is paused, runs as far as a user is concerned.
            State::Running | State::Restarting | State::Paused => Stop,
            _ => None,
        },
    };
    defect!("nothing-is-healed" => if matches!(action, Recreate | Restart | Unpause | Retry) {
        return Step::Take(None);
    });
    defect!("missing-not-recreated" => if action == Recreate {
        return Step::Take(None);
    });
    defect!("paused-stays-paused" => if action == Unpause {
        return Step::Take(None);
    });
    defect!("paused-is-recreated" => if action == Unpause {
        return Step::Take(Recreate);
    });
    defect!("image-never-tried-again" => if action == Retry {
        return Step::Take(None);
    });
    defect!("stopped-runs-on" => if action == Stop {
        return Step::Take(None);
    });
    defect!("running-is-recreated" => if matches!(seen, Seen::There(there) if there.state == State::Running) {
        return Step::Take(Recreate);
    });
    Step::Take(action)
}

/// Whether the record alone says that something is to be done or looked at.
pub fn wants_attention(workload: &Workload) -> bool {
    use WorkloadStatus::{Exited, Failed, ImagePullBackOff, Missing, Restarting, Running, Stopped};

    let status = workload.status.unwrap_or(WorkloadStatus::Pending);
    match workload.desired_state.unwrap_or(DesiredState::Running) {
        DesiredState::Deleted => true,
        DesiredState::Stopped => matches!(status, Running | Restarting),
        DesiredState::Running if is_finished(workload) => false,
        DesiredState::Running => {
            is_new(workload)
                || matches!(status, Missing | Failed | Exited | ImagePullBackOff | Stopped)
        }
    }
}

/// Whether no agent was told of the workload yet, as far as is known.
pub fn is_new(workload: &Workload) -> bool {
    matches!(workload.status, None | Some(WorkloadStatus::Pending | WorkloadStatus::Scheduled))
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
