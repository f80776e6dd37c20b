//! What is laid over a compose file: the workload's labels on each of its containers.
//!
//! It is written as JSON, which is YAML in which no text can be taken for a number.

use std::collections::BTreeMap;

use persys_contract::RUN_ONCE_LABEL;
use serde_json::{Map, Value, json};

use super::model::Model;

/// The second compose file.
pub fn overlay(model: &Model, labels: &BTreeMap<String, String>) -> Value {
    let mut services = Map::new();
    for service in &model.services {
        let mut labels = escaped(labels);
        if service.run_once {
            labels.insert(RUN_ONCE_LABEL.to_owned(), "true".into());
        }
        services.insert(service.name.clone(), json!({"labels": labels}));
    }
    for name in &model.idle {
        services.insert(name.clone(), json!({"labels": escaped(labels)}));
    }
    let mut document = Map::new();
    // Both files must be of one format.
    if let Some(version) = &model.version {
        document.insert("version".to_owned(), version.clone().into());
    }
    document.insert("services".to_owned(), services.into());
    document.into()
}

/// Labels in which no dollar sign begins a variable.
fn escaped(labels: &BTreeMap<String, String>) -> Map<String, Value> {
    labels.iter().map(|(name, value)| (name.clone(), value.replace('$', "$$").into())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::model::Service;

    #[test]
    fn every_service_gets_the_labels_and_the_file_s_format() {
        let service = |name: &str, run_once| Service {
            name: name.into(),
            image: None,
            containers: 1,
            run_once,
        };
        let model = Model {
            version: Some("2.4".into()),
            services: vec![service("job", true), service("web", false)],
            idle: vec!["tool".into()],
        };
        let labels = BTreeMap::from([("displayName".to_owned(), "a${PATH}".to_owned())]);
        assert_eq!(
            overlay(&model, &labels),
            json!({"version": "2.4", "services": {
                "job": {"labels": {"displayName": "a$${PATH}", "persys.runOnce": "true"}},
                "web": {"labels": {"displayName": "a$${PATH}"}},
                "tool": {"labels": {"displayName": "a$${PATH}"}},
            }})
        );
    }
}
