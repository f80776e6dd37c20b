//! The order of statuses on the way to `Running` (contract §2).

use persys_contract::WorkloadStatus::{
    self, ContainerCreating, Pending, Pulling, Running, Scheduled,
};

/// Whether these statuses, in order, are a way from `Pending` to `Running` on which
/// nothing goes wrong and nothing goes back. A status that nobody looked at in
/// time may be absent, but the first must be from before the container.
pub fn happy_path(statuses: &[String]) -> bool {
    let ranks: Option<Vec<u8>> =
        statuses.iter().map(|status| rank(WorkloadStatus::parse(status)?)).collect();
    let Some(ranks) = ranks else { return false };
    ranks.first().is_some_and(|&first| first <= 1)
        && ranks.last() == rank(Running).as_ref()
        && ranks.is_sorted()
}

fn rank(status: WorkloadStatus) -> Option<u8> {
    match status {
        Pending => Some(0),
        Scheduled => Some(1),
        Pulling => Some(2),
        ContainerCreating => Some(3),
        Running => Some(4),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ok(statuses: &[&str]) -> bool {
        happy_path(&statuses.iter().map(|s| s.to_string()).collect::<Vec<_>>())
    }

    #[test]
    fn only_the_contract_s_order_counts() {
        assert!(ok(&["Pending", "Scheduled", "ContainerCreating", "Running"]));
        assert!(ok(&["scheduled", "running"]));
        assert!(!ok(&["Running"]));
        assert!(!ok(&["Pending", "Running", "Scheduled", "Running"]));
        assert!(!ok(&["Pending", "Failed", "Running"]));
        assert!(!ok(&["Pending", "Scheduled"]));
        assert!(!ok(&[]));
    }
}
