//! What came of looking at one workload.

use persys_contract::{DesiredState, ReconcileAction, ReconcileResult, Workload};

use crate::observation::Seen;

#[derive(Clone, Debug)]
pub struct Report {
    pub workload_id: String,
    pub desired: DesiredState,
    pub actual: String,
    pub action: ReconcileAction,
    /// Of the action; without one, nothing went wrong.
    pub success: bool,
    /// Why the action failed, or why none was taken although one is wanted.
    pub message: String,
}

impl Report {
    pub fn new(workload: &Workload, seen: &Seen) -> Self {
        Self {
            workload_id: workload.id.clone(),
            desired: workload.desired_state.unwrap_or(DesiredState::Running),
            actual: seen.describe(workload),
            action: ReconcileAction::None,
            success: true,
            message: String::new(),
        }
    }

    pub fn acted(&self) -> bool {
        self.action != ReconcileAction::None
    }
}

impl From<Report> for ReconcileResult {
    fn from(report: Report) -> Self {
        Self {
            workload_id: report.workload_id,
            desired_state: report.desired.to_string(),
            actual_state: report.actual,
            action: report.action.to_string(),
            success: report.success,
            error_message: report.message,
        }
    }
}
