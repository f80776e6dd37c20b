//! The filters of `GET /workloads`.

use persys_reference_base::defect;
use serde::Deserialize;

use persys_contract::Workload;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkloadFilter {
    status: Option<String>,
    node_id: Option<String>,
}

impl WorkloadFilter {
    /// Statuses are compared without regard to case; an empty filter is none.
    pub fn accepts(&self, workload: &Workload) -> bool {
        defect!("filters-ignored" => return true);
        let given = |filter: &Option<String>| filter.clone().filter(|text| !text.is_empty());
        let status = workload.status.map_or("", |status| status.as_str());
        let node = workload.node_id.as_deref().unwrap_or_default();
        given(&self.status).is_none_or(|wanted| wanted.eq_ignore_ascii_case(status))
            && given(&self.node_id).is_none_or(|wanted| wanted == node)
    }
}

#[cfg(test)]
mod tests {
    use persys_contract::WorkloadStatus;

    use super::*;

    #[test]
    fn both_filters_must_fit() {
        let workload = Workload {
            status: Some(WorkloadStatus::Running),
            node_id: Some("a".to_owned()),
            ..Workload::default()
        };
        let accepts = |status: Option<&str>, node_id: Option<&str>| {
            let filter = WorkloadFilter {
                status: status.map(str::to_owned),
                node_id: node_id.map(str::to_owned),
            };
            filter.accepts(&workload)
        };
        assert!(accepts(None, None));
        assert!(accepts(Some("running"), Some("a")));
        assert!(accepts(Some(""), Some("")));
        assert!(!accepts(Some("Exited"), None));
        assert!(!accepts(Some("Running"), Some("A")));
    }
}
