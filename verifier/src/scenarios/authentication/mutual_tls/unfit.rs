//! Certificates that must not open any door.

use persys_contract::Role;
use persys_identity::{
    Authority, AuthorityError, CertificateSpec, IssuedCertificate, RefusalReason, Validity,
};
use rustls::AlertDescription::{
    self, BadCertificate, CertificateExpired, CertificateRequired, DecryptError, HandshakeFailure,
    UnknownCA, UnsupportedCertificate,
};

/// What is wrong with a client's certificate, and nothing else is: the subject,
/// the role and the rest are those of a good one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// There is none.
    Absent,
    /// Signed by an authority of the same name.
    Foreign,
    SelfSigned,
    Expired,
    NotYetValid,
    /// For use by servers alone.
    ServerOnly,
}

impl Unfit {
    /// How the refusal is logged and counted.
    pub fn reason(self) -> RefusalReason {
        match self {
            Self::Absent => RefusalReason::NoCertificate,
            Self::Foreign | Self::SelfSigned => RefusalReason::UnknownCa,
            Self::Expired => RefusalReason::Expired,
            Self::NotYetValid => RefusalReason::NotYetValid,
            Self::ServerOnly => RefusalReason::WrongUsage,
        }
    }

    /// The alerts by which TLS libraries say this (RFC 5246 §7.2.2, RFC 8446
    /// §6.2). An authority of the right name and with the wrong key shows as a
    /// signature that does not fit; some libraries call all but dates bad.
    pub fn alerts(self) -> &'static [AlertDescription] {
        match self {
            Self::Absent => &[CertificateRequired, HandshakeFailure, BadCertificate],
            Self::Foreign | Self::SelfSigned => &[UnknownCA, DecryptError, BadCertificate],
            Self::Expired => &[CertificateExpired],
            Self::NotYetValid => &[CertificateExpired, BadCertificate],
            Self::ServerOnly => &[UnsupportedCertificate, BadCertificate],
        }
    }

    /// The certificate, or none, that is to be shown.
    pub fn certificate(
        self,
        authority: &Authority,
        role: Role,
    ) -> Result<Option<IssuedCertificate>, AuthorityError> {
        let good = CertificateSpec::client(role);
        let issued = match self {
            Self::Absent => return Ok(None),
            Self::Foreign => Authority::create()?.issue(&good)?,
            Self::SelfSigned => Authority::self_signed(&good)?,
            Self::Expired => authority.issue(&good.valid(Validity::expired()))?,
            Self::NotYetValid => authority.issue(&good.valid(Validity::future()))?,
            Self::ServerOnly => {
                authority.issue(&CertificateSpec { server: true, client: false, ..good })?
            }
        };
        Ok(Some(IssuedCertificate { name: format!("{self:?} {role}"), ..issued }))
    }
}
