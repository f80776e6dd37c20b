//! How a handshake ended, exactly.

use std::{fmt, io, net::SocketAddr};

use rustls::AlertDescription;

use super::TlsVersion;
use crate::probe::{
    Cause, Exchange,
    error::{alert_name, cause_of},
};

/// A handshake that was tried.
#[derive(Clone, Debug)]
pub struct TlsAttempt {
    /// Our end of the connection: the peer that the server writes in its log.
    pub local: SocketAddr,
    pub outcome: TlsOutcome,
}

/// How a handshake ended. A server of TLS 1.3 refuses a client only after the
/// client has finished, so what counts is what came back to the first request.
#[derive(Clone, Debug)]
pub enum TlsOutcome {
    /// The client was let in, and its request was answered.
    Answered { version: TlsVersion, exchange: Box<Exchange> },
    /// The server ended the connection with this alert.
    Alert(AlertDescription),
    /// We ended it, since the server's certificate is not to be trusted.
    Distrusted(rustls::CertificateError),
    /// The connection ended without a word.
    Closed(String),
    /// Something else that is no TLS or no HTTP.
    Broken(String),
}

impl TlsOutcome {
    /// What an error of the handshake, or of the first read behind it, means.
    pub(super) fn of(error: &io::Error) -> Self {
        let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        if let Some(rustls::Error::InvalidCertificate(problem)) = tls {
            return Self::Distrusted(problem.clone());
        }
        match cause_of(error, Cause::Protocol) {
            Cause::TlsAlert(alert) => Self::Alert(alert),
            Cause::Broken(text) => Self::Closed(text),
            other => Self::Broken(other.to_string()),
        }
    }

    /// The alert with which the server refused.
    pub fn alert(&self) -> Option<AlertDescription> {
        match self {
            Self::Alert(alert) => Some(*alert),
            _ => None,
        }
    }

    /// The answer to the request, if the client was let in.
    pub fn answer(&self) -> Option<&Exchange> {
        match self {
            Self::Answered { exchange, .. } => Some(exchange),
            _ => None,
        }
    }
}

impl fmt::Display for TlsOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered { version, exchange } => {
                write!(f, "let in with {version}: {exchange}")
            }
            Self::Alert(alert) => write!(f, "refused with the TLS alert {}", alert_name(*alert)),
            Self::Distrusted(problem) => {
                write!(f, "the server's certificate was refused: {problem}")
            }
            Self::Closed(how) => write!(f, "closed without an alert: {how}"),
            Self::Broken(how) => write!(f, "neither let in nor refused: {how}"),
        }
    }
}
