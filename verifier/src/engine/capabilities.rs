//! What the machines can do, and what a platform says it has.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::BoxFuture;
use persys_contract::topology::Platform;

use crate::{evidence::StepError, plan::Requirement};

/// What each machine can do, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    pub machines: BTreeMap<String, BTreeSet<String>>,
}

/// Implemented with the fault daemons' client; asked once, and only when a
/// selected step needs a capability.
pub trait CapabilitySource: Send + Sync {
    fn capabilities(&self) -> BoxFuture<'_, Result<Capabilities, StepError>>;
}

/// Answers whether what a step requires is there.
pub(crate) struct Requirements {
    platform: Platform,
    capabilities: Result<Capabilities, StepError>,
    host_channel: bool,
}

impl Requirements {
    pub fn new(platform: Platform, capabilities: Result<Capabilities, StepError>) -> Self {
        Self { platform, capabilities, host_channel: false }
    }

    /// Whether the machines' host can be asked.
    pub fn with_host_channel(self, host_channel: bool) -> Self {
        Self { host_channel, ..self }
    }

    /// Why the step is skipped, or cannot be judged.
    pub fn missing(&self, requires: &[Requirement]) -> Option<StepError> {
        requires.iter().find_map(|requirement| match requirement {
            Requirement::Feature(feature) if self.platform.has(*feature) => None,
            Requirement::Feature(feature) => Some(StepError::skipped(format!(
                "needs feature {feature}, which platform.features lacks"
            ))),
            Requirement::Capability(name) => self.lacking(name),
            Requirement::HostChannel if self.host_channel => None,
            Requirement::HostChannel => Some(StepError::skipped(
                "needs host-channel, which this run lacks: nobody can be asked to crash or \
                 reboot a machine",
            )),
        })
    }

    fn lacking(&self, name: &str) -> Option<StepError> {
        let capabilities = match &self.capabilities {
            Ok(capabilities) => capabilities,
            Err(error) => {
                return Some(StepError::error(format!(
                    "failed to find out which machines have {name}: {error}"
                )));
            }
        };
        let lacking: Vec<&str> = capabilities
            .machines
            .iter()
            .filter(|(_, has)| !has.contains(name))
            .map(|(machine, _)| machine.as_str())
            .collect();
        (!lacking.is_empty()).then(|| {
            StepError::skipped(format!(
                "needs {name}, which the kernel of {} lacks",
                lacking.join(", ")
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use persys_contract::topology::Feature;

    use super::*;

    fn requirements(capabilities: Result<Capabilities, StepError>) -> Requirements {
        let features = [Feature::Delete].into();
        let platform = Platform { name: "p".into(), features, metrics: BTreeMap::new() };
        Requirements::new(platform, capabilities)
    }

    #[test]
    fn what_is_missing_is_named() {
        let machines = [
            ("agent1".to_owned(), BTreeSet::from(["nft".to_owned()])),
            ("agent2".to_owned(), ["nft", "netem"].map(str::to_owned).into()),
        ];
        let requirements = requirements(Ok(Capabilities { machines: machines.into() }));
        let missing = |requirement| requirements.missing(&[requirement]);
        assert_eq!(missing(Requirement::Feature(Feature::Delete)), None);
        assert_eq!(missing(Requirement::Capability("nft")), None);
        assert_eq!(
            missing(Requirement::Feature(Feature::Oauth)),
            Some(StepError::skipped("needs feature oauth, which platform.features lacks"))
        );
        assert_eq!(
            missing(Requirement::Capability("netem")),
            Some(StepError::skipped("needs netem, which the kernel of agent1 lacks"))
        );
    }

    #[test]
    fn a_run_without_a_host_says_so() {
        let needed = [Requirement::HostChannel];
        let requirements = requirements(Ok(Capabilities::default()));
        let missing = requirements.missing(&needed).unwrap();
        assert_eq!(missing.verdict(), crate::events::Verdict::Skipped);
        assert!(missing.message.starts_with("needs host-channel, which this run lacks"));
        assert_eq!(requirements.with_host_channel(true).missing(&needed), None);
    }

    #[test]
    fn not_knowing_is_an_error_and_no_skip() {
        let requirements = requirements(Err(StepError::error("nobody answers")));
        let missing = requirements.missing(&[Requirement::Capability("netem")]);
        assert_eq!(
            missing,
            Some(StepError::error("failed to find out which machines have netem: nobody answers"))
        );
    }
}
