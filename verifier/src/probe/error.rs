//! A question that a probe could not put, or an answer that breaks what every
//! answer must keep to.

use std::{error::Error as StdError, fmt, io, time::Duration};

use rustls::AlertDescription;

use crate::evidence::StepError;

/// Who was asked what, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Such as `the gateway` or `the Docker Engine of agent1`.
    pub who: String,
    /// Such as `https://10.77.0.20:8551`.
    pub address: String,
    /// Such as `GET /nodes`.
    pub what: String,
}

impl Question {
    pub fn new(
        who: impl Into<String>,
        address: impl fmt::Display,
        what: impl Into<String>,
    ) -> Self {
        Self { who: who.into(), address: address.to_string(), what: what.into() }
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ask {} at {} for {}", self.who, self.address, self.what)
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// Nobody listens there, or no packet comes back.
    #[error("no connection: {0}")]
    Unreachable(String),
    #[error("no answer within {:.1} s", .0.as_secs_f64())]
    Timeout(Duration),
    /// The peer ended the handshake, or the connection right after it.
    #[error("refused with the TLS alert {}", alert_name(*.0))]
    TlsAlert(AlertDescription),
    #[error("no TLS connection: {0}")]
    Tls(String),
    /// The connection was made and broke before the answer was complete.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// An answer came, and it is none that this protocol knows.
    #[error("{0}")]
    Protocol(String),
}

/// Why a probe has no answer to give. Its text follows "failed to".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
    /// The question could not be put or got no answer.
    #[error("{question}: {cause}")]
    Unanswered { question: Box<Question>, cause: Cause },
    /// The answer came and cannot be used, because it breaks the contract.
    #[error("{question}: the answer breaks the contract: {broken}")]
    Violation { question: Box<Question>, broken: String },
    /// The verifier's own side is not in order: a file, a name, a missing program.
    #[error("{0}")]
    Setup(String),
}

impl ProbeError {
    pub fn unanswered(question: Question, cause: Cause) -> Self {
        Self::Unanswered { question: Box::new(question), cause }
    }

    pub fn setup(problem: impl Into<String>) -> Self {
        Self::Setup(problem.into())
    }

    pub fn cause(&self) -> Option<&Cause> {
        match self {
            Self::Unanswered { cause, .. } => Some(cause),
            _ => None,
        }
    }

    /// Whether the connection was never made, so that the request cannot have had an effect.
    pub fn is_unreachable(&self) -> bool {
        matches!(self.cause(), Some(Cause::Unreachable(_)))
    }

    pub fn is_timeout(&self) -> bool {
        matches!(self.cause(), Some(Cause::Timeout(_)))
    }

    /// The alert with which the peer refused the connection. A negative check of
    /// mutual TLS asks for exactly this.
    pub fn tls_alert(&self) -> Option<AlertDescription> {
        match self.cause() {
            Some(Cause::TlsAlert(alert)) => Some(*alert),
            _ => None,
        }
    }

    /// The platform's fault, where it is known that the component must answer now.
    pub fn failed(&self) -> StepError {
        StepError::failed(format!("failed to {self}"))
    }
}

/// What could not be asked is the environment's doing; a broken answer is the platform's.
impl From<ProbeError> for StepError {
    fn from(error: ProbeError) -> Self {
        match error {
            ProbeError::Violation { .. } => error.failed(),
            _ => Self::error(format!("failed to {error}")),
        }
    }
}

/// Finds out from a client library's error what happened to the connection.
/// `fallback` says what it is when the chain of causes does not tell.
pub(super) fn cause_of(error: &(dyn StdError + 'static), fallback: fn(String) -> Cause) -> Cause {
    let mut next = Some(error);
    let mut innermost = error.to_string();
    let mut broken = None;
    while let Some(current) = next {
        if let Some(tls) = current.downcast_ref::<rustls::Error>() {
            return match tls {
                rustls::Error::AlertReceived(alert) => Cause::TlsAlert(*alert),
                other => Cause::Tls(other.to_string()),
            };
        }
        innermost = current.to_string();
        next = current.source();
        if let Some(io) = current.downcast_ref::<io::Error>() {
            broken = broken.or_else(|| cause_of_io(io));
            // What an I/O error wraps is not its source, but itself in other words.
            next = io.get_ref().map(|inner| inner as &(dyn StdError + 'static)).or(next);
        }
    }
    broken.unwrap_or_else(|| fallback(innermost))
}

fn cause_of_io(error: &io::Error) -> Option<Cause> {
    use io::ErrorKind::*;
    match error.kind() {
        ConnectionRefused | HostUnreachable | NetworkUnreachable | AddrNotAvailable => {
            Some(Cause::Unreachable(error.to_string()))
        }
        TimedOut => Some(Cause::Unreachable("the host does not answer".to_owned())),
        ConnectionReset | ConnectionAborted | BrokenPipe | UnexpectedEof => {
            Some(Cause::Broken(error.to_string()))
        }
        _ => None,
    }
}

/// `certificate_required (116)`, as RFC 8446 writes it.
pub(super) fn alert_name(alert: AlertDescription) -> String {
    let (mut name, mut last) = (String::new(), 'A');
    for c in format!("{alert:?}").chars() {
        if c.is_ascii_uppercase() && last.is_ascii_lowercase() {
            name.push('_');
        }
        name.push(c.to_ascii_lowercase());
        last = c;
    }
    format!("{name} ({})", u8::from(alert))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unanswered(cause: Cause) -> ProbeError {
        let question = Question::new("the gateway", "https://10.77.0.20:8551", "GET /nodes");
        ProbeError::unanswered(question, cause)
    }

    #[test]
    fn the_sentence_says_who_was_asked_what_where() {
        let error = unanswered(Cause::Unreachable("connection refused".into()));
        assert_eq!(
            error.to_string(),
            "ask the gateway at https://10.77.0.20:8551 for GET /nodes: no connection: connection refused"
        );
        let error = unanswered(Cause::TlsAlert(AlertDescription::CertificateRequired));
        assert!(error.to_string().ends_with("TLS alert certificate_required (116)"), "{error}");
        assert_eq!(error.tls_alert(), Some(AlertDescription::CertificateRequired));
        let error = unanswered(Cause::TlsAlert(AlertDescription::UnknownCA));
        assert!(error.to_string().ends_with("TLS alert unknown_ca (48)"), "{error}");
    }

    #[test]
    fn only_a_broken_answer_is_the_platform_s_failure() {
        let error = StepError::from(unanswered(Cause::Timeout(Duration::from_secs(5))));
        assert_eq!(error.verdict(), crate::events::Verdict::Error);
        let question = Box::new(Question::new("the gateway", "x", "GET /nodes"));
        let broken = "it is no exposition".to_owned();
        let error = StepError::from(ProbeError::Violation { question, broken });
        assert_eq!(error.verdict(), crate::events::Verdict::Failed);
    }

    #[test]
    fn the_chain_of_causes_is_searched() {
        let alert = rustls::Error::AlertReceived(AlertDescription::CertificateExpired);
        let error = io::Error::new(io::ErrorKind::InvalidData, alert);
        let error = io::Error::other(error);
        assert_eq!(
            cause_of(&error, Cause::Protocol),
            Cause::TlsAlert(AlertDescription::CertificateExpired)
        );
        let error = io::Error::from(io::ErrorKind::ConnectionRefused);
        assert!(matches!(cause_of(&error, Cause::Protocol), Cause::Unreachable(_)));
        assert_eq!(cause_of(&fmt::Error, Cause::Protocol), Cause::Protocol(fmt::Error.to_string()));
    }
}
