//! What a client brings to a handshake.

use std::{fmt, sync::Arc};

use persys_identity::IssuedCertificate;
use rustls::{
    ClientConfig, RootCertStore, SupportedProtocolVersion,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

/// The versions that a client of today speaks. Of older ones the probe says the
/// first word alone, see [`TlsProbe::say_hello`](super::TlsProbe::say_hello).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsVersion {
    Tls12,
    Tls13,
}

impl TlsVersion {
    pub const ALL: [Self; 2] = [Self::Tls12, Self::Tls13];

    fn supported(self) -> &'static SupportedProtocolVersion {
        match self {
            Self::Tls12 => &rustls::version::TLS12,
            Self::Tls13 => &rustls::version::TLS13,
        }
    }
}

impl fmt::Display for TlsVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tls12 => "TLS 1.2",
            Self::Tls13 => "TLS 1.3",
        })
    }
}

/// A handshake as it is to be tried.
#[derive(Clone, Debug)]
pub struct TlsOffer {
    /// The one version that is offered.
    pub version: TlsVersion,
    /// Shown when the server asks for one; `None` shows an empty list.
    pub certificate: Option<IssuedCertificate>,
    /// The name or the IP address that the server's certificate must bear; the
    /// server's address unless it is given.
    pub server_name: Option<String>,
}

impl TlsOffer {
    pub fn new(version: TlsVersion, certificate: Option<IssuedCertificate>) -> Self {
        Self { version, certificate, server_name: None }
    }

    #[must_use]
    pub fn to_server_named(self, name: impl Into<String>) -> Self {
        Self { server_name: Some(name.into()), ..self }
    }

    /// A client's configuration that trusts the authority alone and resumes nothing.
    pub(super) fn config(&self, ca_pem: &[u8]) -> Result<ClientConfig, String> {
        let mut roots = RootCertStore::empty();
        for root in CertificateDer::pem_slice_iter(ca_pem) {
            let root = root.map_err(|error| error.to_string())?;
            roots.add(root).map_err(|error| error.to_string())?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[self.version.supported()])
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots);
        let mut config = match &self.certificate {
            None => builder.with_no_client_auth(),
            Some(shown) => {
                let chain = CertificateDer::pem_slice_iter(shown.cert_pem.as_bytes())
                    .collect::<Result<Vec<_>, _>>()
                    .map_err(|error| error.to_string())?;
                let key = PrivateKeyDer::from_pem_slice(shown.key_pem.as_bytes())
                    .map_err(|error| error.to_string())?;
                builder.with_client_auth_cert(chain, key).map_err(|error| error.to_string())?
            }
        };
        config.resumption = rustls::client::Resumption::disabled();
        Ok(config)
    }
}
