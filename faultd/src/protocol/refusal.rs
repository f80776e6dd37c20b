//! The body of every refusal.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Capability;

macro_rules! refusal_codes {
    ($($(#[$doc:meta])* $variant:ident => $text:literal, $status:literal;)*) => {
        /// Why a request was refused, for a program.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum RefusalCode { $($(#[$doc])* #[serde(rename = $text)] $variant,)* }

        impl RefusalCode {
            /// Every code, for tests that walk through all of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The code as it stands in the body.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The HTTP status that goes with the code.
            pub fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)* }
            }
        }
    };
}

refusal_codes! {
    InvalidJson => "invalid_json", 400;
    BadRequest => "bad_request", 400;
    /// A peer outside the topology, or the machine itself.
    UnknownPeer => "unknown_peer", 400;
    RoleNotAllowed => "role_not_allowed", 403;
    /// The topology header is missing or names another topology.
    WrongTopology => "wrong_topology", 403;
    NotFound => "not_found", 404;
    UnknownComponent => "unknown_component", 404;
    UnknownLease => "unknown_lease", 404;
    UnknownContainer => "unknown_container", 404;
    MethodNotAllowed => "method_not_allowed", 405;
    /// The body did not arrive in time.
    RequestTimeout => "request_timeout", 408;
    /// Another lease, or the state of the component, is in the way.
    Conflict => "conflict", 409;
    /// The lease that was to be renewed has ended.
    LeaseEnded => "lease_ended", 409;
    TooLarge => "too_large", 413;
    /// The machine cannot do this; the body says what it lacks.
    Unsupported => "unsupported", 422;
    /// It was tried and failed.
    Failed => "failed", 500;
    /// The supervisor, systemd or Docker did not answer.
    BackendUnavailable => "backend_unavailable", 503;
    ShuttingDown => "shutting_down", 503;
}

impl fmt::Display for RefusalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusalBody {
    /// One sentence for a person.
    pub error: String,
    pub code: RefusalCode,
    /// With [`RefusalCode::Unsupported`]: what the machine lacks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<Capability>,
}
