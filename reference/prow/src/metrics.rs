//! The scheduler's own metrics (contract §7).

use std::time::Duration;

use persys_contract::ReconcileAction;
use persys_reference_base::Metrics;
use prometheus::{Histogram, HistogramOpts, IntCounterVec, IntGauge, IntGaugeVec, Opts};

pub struct SchedulerMetrics {
    pub workloads: IntGaugeVec,
    pub nodes: IntGaugeVec,
    pub is_leader: IntGauge,
    actions: IntCounterVec,
    reconcile_duration: Histogram,
}

impl SchedulerMetrics {
    pub fn new(metrics: &Metrics) -> Result<Self, prometheus::Error> {
        let workloads = Opts::new("persys_workloads", "Workloads by status.");
        let nodes = Opts::new("persys_nodes", "Nodes by status.");
        let actions = Opts::new("persys_reconcile_actions_total", "What the reconciler did.");
        let duration = HistogramOpts::new(
            "persys_reconcile_duration_seconds",
            "Time for a pass over all workloads, or for one that was asked for.",
        );
        let actions = metrics.register(IntCounterVec::new(actions, &["action", "result"])?)?;
        for action in ReconcileAction::ALL.into_iter().filter(|a| *a != ReconcileAction::None) {
            for result in ["success", "failure"] {
                // Makes the series be there from the start.
                actions.with_label_values(&[action.as_str(), result]);
            }
        }
        Ok(Self {
            workloads: metrics.register(IntGaugeVec::new(workloads, &["status"])?)?,
            nodes: metrics.register(IntGaugeVec::new(nodes, &["status"])?)?,
            is_leader: metrics.register(IntGauge::new(
                "persys_is_leader",
                "1 while this scheduler leads the others, else 0.",
            )?)?,
            actions,
            reconcile_duration: metrics.register(Histogram::with_opts(duration)?)?,
        })
    }

    pub fn count_action(&self, action: ReconcileAction, success: bool) {
        let result = if success { "success" } else { "failure" };
        self.actions.with_label_values(&[action.as_str(), result]).inc();
    }

    pub fn time_reconciliation(&self, took: Duration) {
        self.reconcile_duration.observe(took.as_secs_f64());
    }
}
