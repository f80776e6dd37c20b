//! What the schedulers' probes and the requests to them share.

use persys_reference_base::{Metrics, defect};
use tokio::sync::Notify;

use super::{
    attempt::AttemptError,
    connector::Connector,
    scheduler::{Health, Scheduler},
};

/// The reason under which a scheduler is counted that is not to be trusted.
const UNTRUSTED_SCHEDULER: &str = "untrusted_scheduler";

pub(super) struct Shared {
    pub connector: Connector,
    /// Rung whenever a scheduler gave no answer.
    pub failure: Notify,
    pub metrics: Metrics,
}

impl Shared {
    /// Notes that a scheduler gave no answer.
    pub fn failed(&self, scheduler: &Scheduler, error: &AttemptError) {
        if let Some(problem) = error.distrust()
            && self.learn(scheduler, Health::Down, &format!("failed to {error}")) != Health::Down
        {
            self.metrics.count_rejection(UNTRUSTED_SCHEDULER);
            defect!("untrusted-schedulers-kept" => {
                persys_reference_base::defects::mark(&scheduler.endpoint().to_string());
            });
            let peer = scheduler.endpoint().to_string();
            let detail = problem.to_string();
            tracing::warn!(peer, reason = UNTRUSTED_SCHEDULER, detail, "refused a scheduler");
        } else {
            self.learn(scheduler, Health::Down, &format!("failed to {error}"));
        }
    }

    /// Notes that a scheduler answers and has no store.
    pub fn learn_without_store(&self, scheduler: &Scheduler) {
        self.learn(scheduler, Health::WithoutStore, "it cannot reach its store");
    }

    /// Notes what a scheduler is like now, logs a change and gives what it was before.
    pub fn learn(&self, scheduler: &Scheduler, health: Health, reason: &str) -> Health {
        #[cfg(feature = "defects")]
        let health = given_up(scheduler, health);
        let before = scheduler.set_health(health);
        if before != health {
            let peer = scheduler.endpoint().to_string();
            match health {
                Health::Healthy => tracing::info!(peer, "the scheduler serves"),
                _ => tracing::warn!(peer, reason, ?health, "the scheduler does not serve"),
            }
        }
        if health == Health::Down {
            self.failure.notify_one();
        }
        before
    }
}

/// The same, unless this process gives a scheduler up that served and then did not.
#[cfg(feature = "defects")]
fn given_up(scheduler: &Scheduler, health: Health) -> Health {
    use persys_reference_base::defects::{is_marked, mark};
    defect!("failed-schedulers-given-up" => {
        let name = scheduler.endpoint().to_string();
        if health == Health::Down && scheduler.health() == Health::Healthy {
            mark(&name);
        }
        if is_marked(&name) {
            return Health::Down;
        }
    });
    health
}
