//! The body of every refusal: one sentence and a code (contract, introduction).

use std::fmt;

use serde::{Deserialize, Serialize};

/// The body of every 4xx and 5xx response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// One sentence for a person; never a stack trace, a path or a secret.
    pub error: String,
    /// The same for a program, in `snake_case`.
    pub code: String,
}

impl ErrorBody {
    pub fn new(code: ErrorCode, error: impl Into<String>) -> Self {
        Self { error: error.into(), code: code.as_str().to_owned() }
    }
}

macro_rules! error_codes {
    ($($(#[$doc:meta])* $variant:ident => $text:literal, $status:literal;)*) => {
        /// The codes of the contract's refusals.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorCode { $($(#[$doc])* $variant,)* }

        impl ErrorCode {
            /// Every code, for tests that walk through all of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The code as it stands in [`ErrorBody::code`].
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

error_codes! {
    /// The body is not JSON, or not of the expected shape.
    InvalidJson => "invalid_json", 400;
    /// A workload's field is missing or wrong; the sentence says which and why.
    InvalidWorkload => "invalid_workload", 400;
    /// Any other request that cannot be understood.
    BadRequest => "bad_request", 400;
    MissingSignature => "missing_signature", 401;
    MalformedSignature => "malformed_signature", 401;
    BadSignature => "bad_signature", 401;
    StaleTimestamp => "stale_timestamp", 401;
    ReplayedNonce => "replayed_nonce", 401;
    /// The OAuth state does not match the caller's cookie.
    BadState => "bad_state", 401;
    /// The OAuth code is unknown or was used before.
    BadCode => "bad_code", 401;
    /// No bearer token, or one that is expired, foreign or unsigned.
    BadToken => "bad_token", 401;
    /// A webhook's signature does not fit its body.
    BadWebhookSignature => "bad_webhook_signature", 401;
    /// The certificate is good, its role may not call this.
    RoleNotAllowed => "role_not_allowed", 403;
    NotFound => "not_found", 404;
    MethodNotAllowed => "method_not_allowed", 405;
    DuplicateId => "duplicate_id", 409;
    /// Docker refused because of a conflict.
    Conflict => "conflict", 409;
    TooLarge => "too_large", 413;
    Internal => "internal", 500;
    /// Docker refused for a reason of its own.
    DockerError => "docker_error", 500;
    SchedulerUnreachable => "scheduler_unreachable", 502;
    GithubUnreachable => "github_unreachable", 502;
    NoSuitableNode => "no_suitable_node", 503;
    StoreUnavailable => "store_unavailable", 503;
    DockerUnavailable => "docker_unavailable", 503;
    /// The agent that holds the container does not answer.
    AgentUnreachable => "agent_unreachable", 503;
    SchedulerTimeout => "scheduler_timeout", 504;
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
