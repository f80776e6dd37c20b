//! Workload states (contract §2, Status), compared without regard to case.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

macro_rules! states {
    ($(#[$doc:meta])* $name:ident { $($variant:ident),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($variant),* }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant)),* }
            }

            /// Reads a state without regard to case.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|s| s.as_str().eq_ignore_ascii_case(text))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).ok_or_else(|| {
                    let known: Vec<_> = Self::ALL.iter().map(|s| s.as_str()).collect();
                    de::Error::custom(format!("\"{text}\" is none of {}", known.join(", ")))
                })
            }
        }
    };
}

states! {
    /// What is the case with a workload.
    WorkloadStatus {
        Pending, Scheduled, Pulling, ContainerCreating, Running, Exited, Failed, Stopped,
        ImagePullBackOff, Missing, Restarting, Recreating, Stopping, Unknown,
    }
}

states! {
    /// What should be the case with a workload.
    DesiredState { Running, Stopped, Deleted }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_matter_on_input_and_is_kept_on_output() {
        let status: WorkloadStatus = serde_json::from_str("\"imagepullbackoff\"").unwrap();
        assert_eq!(status, WorkloadStatus::ImagePullBackOff);
        assert_eq!(serde_json::to_string(&status).unwrap(), "\"ImagePullBackOff\"");
    }

    #[test]
    fn an_unknown_state_is_refused_with_the_known_ones() {
        let error = serde_json::from_str::<DesiredState>("\"Paused\"").unwrap_err();
        assert!(error.to_string().contains("\"Paused\" is none of Running, Stopped, Deleted"));
    }
}
