//! What is the case with a workload, as its node's agent tells, and the status
//! that follows (contract §2, Status).

use persys_contract::{
    ContainerEntry, DesiredState, RUN_ONCE_LABEL, WORKLOAD_LABEL, Workload, WorkloadStatus,
};
use persys_reference_base::defect;
use persys_reference_base::signature::CallError;

use crate::one_shot::{is_finished, is_one_shot};

/// What an agent says of one workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// There is no container and none under way.
    Absent,
    /// The agent, or its Docker Engine, does not answer.
    Unreachable(String),
    There(Sight),
}

/// A container, or a run that has none yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    /// The container's id, or the workload's.
    pub id: String,
    pub state: State,
    /// Docker's message.
    pub reason: Option<String>,
    /// It ended as it was meant to.
    pub done: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Created,
    Running,
    Paused,
    Restarting,
    Removing,
    /// With the exit code, if it is known.
    Exited(Option<i64>),
    Dead,
    /// A run without container, by the agent's word.
    Run(WorkloadStatus),
}

impl State {
    fn read(entry: &ContainerEntry) -> Self {
        match entry.status.to_ascii_lowercase().as_str() {
            "created" => Self::Created,
            "running" => Self::Running,
            "paused" => Self::Paused,
            "restarting" => Self::Restarting,
            "removing" => Self::Removing,
            "exited" => Self::Exited(entry.exit_code),
            "dead" => Self::Dead,
            other => Self::Run(WorkloadStatus::parse(other).unwrap_or(WorkloadStatus::Unknown)),
        }
    }

    /// Whether a run is under way.
    fn is_run(self) -> bool {
        use WorkloadStatus::{Failed, ImagePullBackOff, Missing};
        matches!(self, Self::Run(status) if !matches!(status, Failed | ImagePullBackOff | Missing))
    }
}

impl Sight {
    fn of(entry: &ContainerEntry, workload: &Workload) -> Self {
        let state = State::read(entry);
        let once = entry.labels.get(RUN_ONCE_LABEL).is_some_and(|value| value == "true");
        let done = state == State::Exited(Some(0)) && (once || is_one_shot(workload));
        Self { id: entry.id.clone(), state, reason: entry.reason.clone(), done }
    }

    /// Of several containers of a workload that is to run, the one that fares worst counts.
    fn trouble(&self) -> u8 {
        match self.state {
            // It tells of all of them.
            State::Run(status) if status != WorkloadStatus::Missing => 0,
            State::Run(_) => 1,
            State::Dead => 2,
            State::Exited(_) if !self.done => 3,
            State::Removing => 4,
            State::Restarting => 5,
            State::Created => 6,
            State::Paused => 7,
            State::Running => 8,
            // The others say whether the workload has done its work.
            State::Exited(_) => 9,
        }
    }

    /// Of one that is not to run, the one that is most alive.
    fn calm(&self) -> u8 {
        match self.state {
            State::Running => 0,
            State::Restarting => 1,
            State::Paused => 2,
            state if state.is_run() => 3,
            State::Removing => 4,
            State::Created => 5,
            State::Exited(_) => 6,
            State::Dead => 7,
            State::Run(_) => 8,
        }
    }
}

impl Seen {
    /// Finds a workload in an agent's answer.
    pub fn find(workload: &Workload, answer: &Result<Vec<ContainerEntry>, CallError>) -> Self {
        let entries = match answer {
            Ok(entries) => entries,
            Err(error) => return Self::Unreachable(error.message()),
        };
        let sights = entries
            .iter()
            .filter(|entry| workload_of(entry) == Some(&workload.id))
            .map(|entry| Sight::of(entry, workload));
        let wanted = workload.desired_state.unwrap_or(DesiredState::Running);
        let telling = match wanted {
            DesiredState::Running => sights.min_by_key(Sight::trouble),
            DesiredState::Stopped | DesiredState::Deleted => sights.min_by_key(Sight::calm),
        };
        telling.map_or(Self::Absent, Self::There)
    }

    /// Whether something of the workload is there: of its containers, or of a run.
    pub fn is_there(&self) -> bool {
        let missing = State::Run(WorkloadStatus::Missing);
        matches!(self, Self::There(sight) if sight.state != missing)
    }

    /// As it stands in the answer to a reconcile request.
    pub fn describe(&self, workload: &Workload) -> String {
        match self {
            Self::There(Sight { state: State::Paused, .. }) => "Paused".to_owned(),
            _ => self.status(workload).to_string(),
        }
    }

    /// The status that a workload has by this.
    pub fn status(&self, workload: &Workload) -> WorkloadStatus {
        let current = workload.status.unwrap_or(WorkloadStatus::Pending);
        let desired = workload.desired_state.unwrap_or(DesiredState::Running);
        let untold = matches!(current, WorkloadStatus::Pending | WorkloadStatus::Scheduled);
        match self {
            Self::Unreachable(_) | Self::Absent if is_finished(workload) => current,
            Self::Unreachable(_) | Self::Absent if untold && desired != DesiredState::Stopped => {
                current
            }
            Self::Unreachable(_) => {
                defect!("unreachable-shows-last-status", current, WorkloadStatus::Unknown)
            }
            Self::Absent if desired == DesiredState::Stopped => WorkloadStatus::Stopped,
            Self::Absent => WorkloadStatus::Missing,
            Self::There(sight) => match sight.state {
                State::Created => WorkloadStatus::ContainerCreating,
                State::Running => WorkloadStatus::Running,
                State::Paused => WorkloadStatus::Stopped,
                State::Restarting => WorkloadStatus::Restarting,
                State::Removing => WorkloadStatus::Stopping,
                State::Exited(_) if desired != DesiredState::Running => WorkloadStatus::Stopped,
                // Given up: it stays so until somebody asks again.
                State::Exited(_) if current == WorkloadStatus::Failed => current,
                State::Exited(_) => WorkloadStatus::Exited,
                State::Dead => WorkloadStatus::Failed,
                // None of its containers is left, and none is wanted.
                State::Run(WorkloadStatus::Missing) if desired == DesiredState::Stopped => {
                    WorkloadStatus::Stopped
                }
                State::Run(status) => {
                    defect!("running-without-container", WorkloadStatus::Running, status)
                }
            },
        }
    }

    /// Why it is so, where that is worth a sentence.
    pub fn reason(&self, workload: &Workload) -> Option<String> {
        let known = || workload.metadata.as_ref().and_then(|metadata| metadata.reason.clone());
        match self {
            Self::Unreachable(_) | Self::Absent if is_finished(workload) => known(),
            Self::Unreachable(why) => Some(why.clone()),
            Self::Absent => None,
            Self::There(sight) => match sight.state {
                State::Exited(_) if self.status(workload) == WorkloadStatus::Failed => known(),
                State::Exited(code) => Some(exit_reason(code, sight.reason.as_deref())),
                State::Paused => Some("the container is paused".to_owned()),
                State::Running | State::Created => None,
                _ => sight.reason.clone(),
            },
        }
    }
}

/// Says how a container ended.
pub fn exit_reason(code: Option<i64>, reason: Option<&str>) -> String {
    let text = match code {
        Some(code) => format!("exited with code {code}"),
        None => "exited".to_owned(),
    };
    match reason {
        Some(reason) if !reason.is_empty() => format!("{text}: {reason}"),
        _ => text,
    }
}

/// The workload that a listed container belongs to.
pub fn workload_of(entry: &ContainerEntry) -> Option<&str> {
    entry.labels.get(WORKLOAD_LABEL).map(String::as_str).filter(|id| !id.is_empty())
}

#[cfg(test)]
#[path = "observation_tests.rs"]
mod tests;
