//! Certificates that are taken although they should not be.

use std::sync::Arc;

use persys_identity::{CredentialError, LoadedCredentials, install_crypto};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, DistinguishedName, Error, RootCertStore,
    ServerConfig, SignatureScheme, SupportedProtocolVersion,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
    server::{
        WebPkiClientVerifier,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
};

/// What is wrong with a client's certificate and let pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tolerated {
    Absent,
    Foreign,
    Expired,
    NotYetValid,
    WrongUsage,
}

impl Tolerated {
    fn covers(self, error: &Error) -> bool {
        use CertificateError as Problem;
        let Error::InvalidCertificate(problem) = error else { return false };
        match self {
            Self::Absent => false,
            Self::Foreign => matches!(problem, Problem::UnknownIssuer | Problem::BadSignature),
            Self::Expired => matches!(problem, Problem::Expired | Problem::ExpiredContext { .. }),
            Self::NotYetValid => {
                matches!(problem, Problem::NotValidYet | Problem::NotValidYetContext { .. })
            }
            Self::WrongUsage => {
                matches!(problem, Problem::InvalidPurpose | Problem::InvalidPurposeContext { .. })
            }
        }
    }
}

#[derive(Debug)]
struct Lenient {
    strict: Arc<dyn ClientCertVerifier>,
    tolerated: Tolerated,
}

impl ClientCertVerifier for Lenient {
    fn client_auth_mandatory(&self) -> bool {
        self.tolerated != Tolerated::Absent
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.strict.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        match self.strict.verify_client_cert(end_entity, intermediates, now) {
            Err(error) if self.tolerated.covers(&error) => Ok(ClientCertVerified::assertion()),
            outcome => outcome,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.strict.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.strict.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.strict.supported_verify_schemes()
    }
}

/// As sound as the credentials' own, but for one thing.
pub fn lenient_server_config(
    credentials: &LoadedCredentials,
    tolerated: Tolerated,
) -> Result<Arc<ServerConfig>, CredentialError> {
    let lenient =
        |strict| -> Arc<dyn ClientCertVerifier> { Arc::new(Lenient { strict, tolerated }) };
    otherwise(credentials, rustls::ALL_VERSIONS, lenient)
}

/// As sound as the credentials' own, but for those who speak another version.
pub fn one_version_server_config(
    credentials: &LoadedCredentials,
    version: &'static SupportedProtocolVersion,
) -> Result<Arc<ServerConfig>, CredentialError> {
    otherwise(credentials, &[version], |strict| strict)
}

fn otherwise(
    credentials: &LoadedCredentials,
    versions: &[&'static SupportedProtocolVersion],
    verifier: impl FnOnce(Arc<dyn ClientCertVerifier>) -> Arc<dyn ClientCertVerifier>,
) -> Result<Arc<ServerConfig>, CredentialError> {
    install_crypto();
    let sound = credentials.server_config()?;
    let (_, _, ca) = credentials.pem();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(CertificateDer::pem_slice_iter(ca).filter_map(Result::ok));
    let Ok(strict) = WebPkiClientVerifier::builder(Arc::new(roots)).build() else {
        return Ok(sound);
    };
    let mut config = ServerConfig::builder_with_protocol_versions(versions)
        .with_client_cert_verifier(verifier(strict))
        .with_cert_resolver(sound.cert_resolver.clone());
    config.alpn_protocols = sound.alpn_protocols.clone();
    config.session_storage = sound.session_storage.clone();
    config.send_tls13_tickets = sound.send_tls13_tickets;
    Ok(Arc::new(config))
}

#[derive(Debug)]
struct Trusting;

impl ServerCertVerifier for Trusting {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = ring::default_provider().signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, &known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = ring::default_provider().signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, &known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}

/// The same client, to whom every server is right.
pub fn trusting_client_config(mut sound: ClientConfig) -> ClientConfig {
    sound.dangerous().set_certificate_verifier(Arc::new(Trusting));
    sound
}
