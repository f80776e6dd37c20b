//! Connections that ended in the TLS handshake, and why.

use std::{fmt, io, net::SocketAddr};

use rustls::{CertificateError, Error};

/// A connection that was refused in the handshake.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub peer: SocketAddr,
    pub reason: RefusalReason,
    /// The TLS library's words.
    pub detail: String,
}

/// Why a handshake was refused, as it stands in logs and in
/// `persys_auth_rejections_total{reason}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefusalReason {
    NoCertificate,
    UnknownCa,
    Expired,
    NotYetValid,
    WrongUsage,
    ProtocolVersion,
    HandshakeTimeout,
    /// The client did not accept our certificate.
    RejectedByClient,
    /// Not TLS at all, or broken off in the middle.
    Other,
}

impl RefusalReason {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoCertificate => "no_certificate",
            Self::UnknownCa => "unknown_ca",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::WrongUsage => "wrong_usage",
            Self::ProtocolVersion => "protocol_version",
            Self::HandshakeTimeout => "handshake_timeout",
            Self::RejectedByClient => "rejected_by_client",
            Self::Other => "other",
        }
    }

    pub(crate) fn of(error: &io::Error) -> Self {
        let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
        match tls {
            Some(Error::NoCertificatesPresented) => Self::NoCertificate,
            Some(Error::PeerIncompatible(_)) => Self::ProtocolVersion,
            Some(Error::AlertReceived(_)) => Self::RejectedByClient,
            Some(Error::InvalidCertificate(problem)) => match problem {
                CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                    Self::Expired
                }
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                    Self::NotYetValid
                }
                CertificateError::InvalidPurpose
                | CertificateError::InvalidPurposeContext { .. } => Self::WrongUsage,
                // A foreign authority with our authority's name shows as a bad signature.
                _ => Self::UnknownCa,
            },
            _ => Self::Other,
        }
    }
}

impl fmt::Display for RefusalReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
