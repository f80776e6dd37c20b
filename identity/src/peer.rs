//! Who is at the other end of a mutual TLS connection.

use std::net::SocketAddr;

use axum::{extract::connect_info::Connected, serve::IncomingStream};
use persys_contract::Role;
use rustls_pki_types::CertificateDer;
use x509_parser::{
    extensions::{GeneralName, ParsedExtension},
    parse_x509_certificate,
};

use crate::MutualTlsListener;

/// A client whose certificate was accepted. Handlers get it as `ConnectInfo<Peer>`.
#[derive(Clone, Debug)]
pub struct Peer {
    pub address: SocketAddr,
    /// The role of its certificate; none when the certificate names none, or several.
    pub role: Option<Role>,
    /// The certificate's subject.
    pub subject: String,
}

impl Peer {
    pub(crate) fn new(address: SocketAddr, certificate: Option<&CertificateDer<'_>>) -> Self {
        let parsed = certificate.and_then(|der| parse_x509_certificate(der).ok());
        let subject = parsed.map(|(_, found)| found.subject().to_string()).unwrap_or_default();
        Self { address, role: certificate.and_then(role_of), subject }
    }
}

impl Connected<IncomingStream<'_, MutualTlsListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, MutualTlsListener>) -> Self {
        stream.remote_addr().clone()
    }
}

/// The role that a certificate bears. A certificate with two roles has none: it
/// cannot be said which of them is meant.
pub fn role_of(certificate: &CertificateDer<'_>) -> Option<Role> {
    let (_, parsed) = parse_x509_certificate(certificate).ok()?;
    let mut roles = parsed.extensions().iter().flat_map(|extension| {
        let names = match extension.parsed_extension() {
            ParsedExtension::SubjectAlternativeName(names) => names.general_names.as_slice(),
            _ => &[],
        };
        names.iter().filter_map(|name| match name {
            GeneralName::URI(uri) => Role::from_uri(uri),
            _ => None,
        })
    });
    let role = roles.next()?;
    roles.next().is_none().then_some(role)
}
