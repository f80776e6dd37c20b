//! Workloads that are to run once (contract §6).

use persys_contract::{RestartPolicy, Workload, WorkloadStatus};

/// The reason that goes with an end that was meant to be.
pub const EXITED_WELL: &str = "exited with code 0";

pub fn is_one_shot(workload: &Workload) -> bool {
    workload.restart_policy == Some(RestartPolicy::No)
}

/// Whether the workload has done what it was for, by its record. Nothing that
/// becomes of its container or its node changes that.
pub fn is_finished(workload: &Workload) -> bool {
    let reason = workload.metadata.as_ref().and_then(|metadata| metadata.reason.as_deref());
    is_one_shot(workload)
        && workload.status == Some(WorkloadStatus::Exited)
        && reason == Some(EXITED_WELL)
}

#[cfg(test)]
mod tests {
    use persys_contract::WorkloadMetadata;

    use super::*;

    #[test]
    fn only_a_one_shot_workload_that_exited_with_0_is_finished() {
        let workload = |policy, status, reason: Option<&str>| Workload {
            restart_policy: policy,
            status: Some(status),
            metadata: Some(WorkloadMetadata {
                reason: reason.map(str::to_owned),
                ..WorkloadMetadata::default()
            }),
            ..Workload::default()
        };
        let no = Some(RestartPolicy::No);
        let exited = WorkloadStatus::Exited;
        assert!(is_finished(&workload(no, exited, Some("exited with code 0"))));
        assert!(!is_finished(&workload(no, exited, Some("exited with code 2"))));
        assert!(!is_finished(&workload(no, exited, None)));
        assert!(!is_finished(&workload(no, WorkloadStatus::Running, Some(EXITED_WELL))));
        assert!(!is_finished(&workload(None, exited, Some(EXITED_WELL))));
    }
}
