//! The PEM files by which a component knows itself and its authority.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    ClientConfig, ConfigBuilder, RootCertStore, ServerConfig,
    server::{WantsServerCert, WebPkiClientVerifier},
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};

use crate::install_crypto;

/// Why credentials cannot be used. Every text names the file.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    #[error("read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("use {}: {problem}", path.display())]
    Use { path: PathBuf, problem: String },
}

/// Where one certificate, its key and the authority's certificate lie.
#[derive(Clone, Debug)]
pub struct Credentials {
    pub cert: PathBuf,
    pub key: PathBuf,
    pub ca: PathBuf,
}

impl Credentials {
    /// `<folder>/<name>.crt`, `<folder>/<name>.key` and `<folder>/ca.crt`.
    pub fn in_folder(folder: &Path, name: &str) -> Self {
        Self {
            cert: folder.join(format!("{name}.crt")),
            key: folder.join(format!("{name}.key")),
            ca: folder.join("ca.crt"),
        }
    }

    /// Reads and checks the three files.
    pub fn load(&self) -> Result<LoadedCredentials, CredentialError> {
        let read = |path: &Path| {
            fs::read(path).map_err(|source| CredentialError::Read { path: path.to_owned(), source })
        };
        LoadedCredentials::from_pem(
            self.clone(),
            read(&self.cert)?,
            read(&self.key)?,
            read(&self.ca)?,
        )
    }
}

/// Credentials that were read and found to be a certificate, a key and an authority.
#[derive(Clone)]
pub struct LoadedCredentials {
    files: Credentials,
    cert_pem: Arc<[u8]>,
    key_pem: Arc<[u8]>,
    ca_pem: Arc<[u8]>,
    chain: Vec<CertificateDer<'static>>,
    key: Arc<PrivateKeyDer<'static>>,
    roots: Arc<RootCertStore>,
}

impl LoadedCredentials {
    /// Checks texts that are in memory; `files` is only named in errors.
    pub fn from_pem(
        files: Credentials,
        cert_pem: Vec<u8>,
        key_pem: Vec<u8>,
        ca_pem: Vec<u8>,
    ) -> Result<Self, CredentialError> {
        let chain = certificates(&files.cert, &cert_pem)?;
        let key = PrivateKeyDer::from_pem_slice(&key_pem).map_err(|_| CredentialError::Use {
            path: files.key.clone(),
            problem: "it holds no private key in PEM".to_owned(),
        })?;
        let mut roots = RootCertStore::empty();
        for root in certificates(&files.ca, &ca_pem)? {
            roots.add(root).map_err(|source| CredentialError::Use {
                path: files.ca.clone(),
                problem: source.to_string(),
            })?;
        }
        Ok(Self {
            files,
            cert_pem: cert_pem.into(),
            key_pem: key_pem.into(),
            ca_pem: ca_pem.into(),
            chain,
            key: Arc::new(key),
            roots: Arc::new(roots),
        })
    }

    /// For a server that demands a client certificate of the same authority:
    /// TLS 1.2 or later, HTTP/1.1.
    pub fn server_config(&self) -> Result<Arc<ServerConfig>, CredentialError> {
        install_crypto();
        let verifier = WebPkiClientVerifier::builder(self.roots.clone())
            .build()
            .map_err(|source| self.unusable(&self.files.ca, source))?;
        self.serve(ServerConfig::builder().with_client_cert_verifier(verifier))
    }

    /// The same for a server that asks its clients for no certificate.
    pub fn server_config_without_client_auth(&self) -> Result<Arc<ServerConfig>, CredentialError> {
        install_crypto();
        self.serve(ServerConfig::builder().with_no_client_auth())
    }

    fn serve(
        &self,
        builder: ConfigBuilder<ServerConfig, WantsServerCert>,
    ) -> Result<Arc<ServerConfig>, CredentialError> {
        let mut config = builder
            .with_single_cert(self.chain.clone(), self.key.clone_key())
            .map_err(|source| self.unusable(&self.files.cert, source))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        // A resumed session would skip the check of the client's certificate.
        config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Arc::new(config))
    }

    /// For a client that shows its certificate and trusts the authority alone.
    pub fn client_config(&self) -> Result<ClientConfig, CredentialError> {
        install_crypto();
        let mut config = ClientConfig::builder()
            .with_root_certificates(self.roots.clone())
            .with_client_auth_cert(self.chain.clone(), self.key.clone_key())
            .map_err(|source| self.unusable(&self.files.cert, source))?;
        config.resumption = rustls::client::Resumption::disabled();
        Ok(config)
    }

    /// The same for a client that shows no certificate.
    pub fn client_config_without_certificate(&self) -> ClientConfig {
        install_crypto();
        let mut config = ClientConfig::builder()
            .with_root_certificates(self.roots.clone())
            .with_no_client_auth();
        config.resumption = rustls::client::Resumption::disabled();
        config
    }

    /// Certificate, key and authority in PEM.
    pub fn pem(&self) -> (&[u8], &[u8], &[u8]) {
        (&self.cert_pem, &self.key_pem, &self.ca_pem)
    }

    fn unusable(&self, path: &Path, source: impl ToString) -> CredentialError {
        CredentialError::Use { path: path.to_owned(), problem: source.to_string() }
    }
}

fn certificates(path: &Path, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, CredentialError> {
    let unusable = |problem: String| CredentialError::Use { path: path.to_owned(), problem };
    let found = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|source| unusable(source.to_string()))?;
    if found.is_empty() {
        return Err(unusable("it holds no certificate in PEM".to_owned()));
    }
    Ok(found)
}
