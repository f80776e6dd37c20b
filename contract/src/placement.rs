//! Which node may hold a workload (contract §6, Placement).

use std::collections::BTreeMap;

/// Whether every label that a workload asks for is among the node's, with the same value.
pub fn labels_match(wanted: &BTreeMap<String, String>, offered: &BTreeMap<String, String>) -> bool {
    wanted.iter().all(|(key, value)| offered.get(key) == Some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect()
    }

    #[test]
    fn all_wanted_labels_must_be_offered_with_their_values() {
        let node = labels(&[("zone", "a"), ("disk", "ssd")]);
        assert!(labels_match(&labels(&[]), &node));
        assert!(labels_match(&labels(&[("zone", "a")]), &node));
        assert!(!labels_match(&labels(&[("zone", "b")]), &node));
        assert!(!labels_match(&labels(&[("zone", "a"), ("gpu", "yes")]), &node));
    }
}
