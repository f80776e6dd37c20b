//! The platform's timings (contract §8).

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Seconds, as the components get them in their environment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Timings {
    pub heartbeat_interval: f64,
    pub node_timeout: f64,
    pub monitor_interval: f64,
    pub reconcile_interval: f64,
    pub discovery_interval: f64,
    pub request_timeout: f64,
    pub signature_window: f64,
}

impl Timings {
    /// The production values of contract §8.
    pub const PRODUCTION: Self = Self {
        heartbeat_interval: 30.0,
        node_timeout: 300.0,
        monitor_interval: 60.0,
        reconcile_interval: 120.0,
        discovery_interval: 60.0,
        request_timeout: 30.0,
        signature_window: 30.0,
    };

    pub fn heartbeat_interval(&self) -> Duration {
        Duration::from_secs_f64(self.heartbeat_interval)
    }

    pub fn node_timeout(&self) -> Duration {
        Duration::from_secs_f64(self.node_timeout)
    }

    pub fn monitor_interval(&self) -> Duration {
        Duration::from_secs_f64(self.monitor_interval)
    }

    pub fn reconcile_interval(&self) -> Duration {
        Duration::from_secs_f64(self.reconcile_interval)
    }

    pub fn discovery_interval(&self) -> Duration {
        Duration::from_secs_f64(self.discovery_interval)
    }

    pub fn request_timeout(&self) -> Duration {
        Duration::from_secs_f64(self.request_timeout)
    }

    pub fn signature_window(&self) -> Duration {
        Duration::from_secs_f64(self.signature_window)
    }

    /// Every timing with its field's name, in seconds.
    pub fn named(&self) -> [(&'static str, f64); 7] {
        [
            ("heartbeatInterval", self.heartbeat_interval),
            ("nodeTimeout", self.node_timeout),
            ("monitorInterval", self.monitor_interval),
            ("reconcileInterval", self.reconcile_interval),
            ("discoveryInterval", self.discovery_interval),
            ("requestTimeout", self.request_timeout),
            ("signatureWindow", self.signature_window),
        ]
    }

    /// The same as environment variables: `HEARTBEAT_INTERVAL=1` and so on.
    pub fn environment(&self) -> Vec<(String, String)> {
        self.named().iter().map(|(name, value)| (screaming(name), value.to_string())).collect()
    }
}

fn screaming(camel: &str) -> String {
    let mut text = String::new();
    for c in camel.chars() {
        if c.is_ascii_uppercase() {
            text.push('_');
        }
        text.push(c.to_ascii_uppercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_has_the_contract_s_names() {
        let names: Vec<_> = Timings::PRODUCTION.environment();
        assert_eq!(names[0], ("HEARTBEAT_INTERVAL".to_owned(), "30".to_owned()));
        assert_eq!(names[6].0, "SIGNATURE_WINDOW");
    }
}
