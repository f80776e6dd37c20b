//! A certificate authority that lives as long as one test network.

use std::{
    fs, io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType, string::Ia5String,
};

use crate::{CertificateSpec, Validity};

/// Why a certificate could not be made or kept.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    #[error("make the certificate of \"{name}\": {problem}")]
    Issue { name: String, problem: rcgen::Error },
    #[error("use {}: {problem}", path.display())]
    File { path: PathBuf, problem: io::Error },
}

/// A certificate and its private key, in PEM.
#[derive(Clone, Debug)]
pub struct IssuedCertificate {
    pub name: String,
    pub cert_pem: String,
    pub key_pem: String,
}

impl IssuedCertificate {
    /// Writes `<folder>/<name>.crt` and `<folder>/<name>.key`, readable by the owner alone.
    pub fn write(&self, folder: &Path) -> Result<(), AuthorityError> {
        write_private(&folder.join(format!("{}.crt", self.name)), &self.cert_pem)?;
        write_private(&folder.join(format!("{}.key", self.name)), &self.key_pem)
    }
}

/// The test network's only authority.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    cert_pem: String,
}

impl Authority {
    /// Makes a new authority. Its subject is always the same, so that a foreign
    /// authority cannot be told by its name.
    pub fn create() -> Result<Self, AuthorityError> {
        let issue = |problem| AuthorityError::Issue { name: "ca".to_owned(), problem };
        let key = KeyPair::generate().map_err(issue)?;
        let validity = Validity::current();
        let mut params = CertificateParams::default();
        params.distinguished_name = subject("Persys test CA");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.not_before = validity.from;
        params.not_after = validity.until;
        let issuer = CertifiedIssuer::self_signed(params, key).map_err(issue)?;
        let (cert_pem, key_pem) = (issuer.pem(), issuer.key().serialize_pem());
        Self::from_pem(cert_pem, &key_pem)
    }

    /// Reads an authority that [`Authority::write`] kept.
    pub fn load(folder: &Path) -> Result<Self, AuthorityError> {
        let read = |name: &str| {
            let path = folder.join(name);
            fs::read_to_string(&path).map_err(|problem| AuthorityError::File { path, problem })
        };
        Self::from_pem(read("ca.crt")?, &read("ca.key")?)
    }

    fn from_pem(cert_pem: String, key_pem: &str) -> Result<Self, AuthorityError> {
        let issue = |problem| AuthorityError::Issue { name: "ca".to_owned(), problem };
        let key = KeyPair::from_pem(key_pem).map_err(issue)?;
        let issuer = Issuer::from_ca_cert_pem(&cert_pem, key).map_err(issue)?;
        Ok(Self { issuer, cert_pem })
    }

    /// Keeps certificate and key as `ca.crt` and `ca.key`.
    pub fn write(&self, folder: &Path) -> Result<(), AuthorityError> {
        self.write_certificate(folder)?;
        write_private(&folder.join("ca.key"), &self.issuer.key().serialize_pem())
    }

    /// Keeps the certificate alone, as `ca.crt`.
    pub fn write_certificate(&self, folder: &Path) -> Result<(), AuthorityError> {
        write_private(&folder.join("ca.crt"), &self.cert_pem)
    }

    pub fn cert_pem(&self) -> &str {
        &self.cert_pem
    }

    /// Makes a key and signs a certificate for it.
    pub fn issue(&self, spec: &CertificateSpec) -> Result<IssuedCertificate, AuthorityError> {
        let (key, params) = prepare(spec)?;
        let cert = params
            .signed_by(&key, &self.issuer)
            .map_err(|problem| AuthorityError::Issue { name: spec.name.clone(), problem })?;
        Ok(IssuedCertificate {
            name: spec.name.clone(),
            cert_pem: cert.pem(),
            key_pem: key.serialize_pem(),
        })
    }

    /// Makes a certificate that says the same and is signed by nobody but itself.
    pub fn self_signed(spec: &CertificateSpec) -> Result<IssuedCertificate, AuthorityError> {
        let (key, params) = prepare(spec)?;
        let cert = params
            .self_signed(&key)
            .map_err(|problem| AuthorityError::Issue { name: spec.name.clone(), problem })?;
        Ok(IssuedCertificate {
            name: spec.name.clone(),
            cert_pem: cert.pem(),
            key_pem: key.serialize_pem(),
        })
    }
}

fn prepare(spec: &CertificateSpec) -> Result<(KeyPair, CertificateParams), AuthorityError> {
    let issue = |problem| AuthorityError::Issue { name: spec.name.clone(), problem };
    let text = |value: &str| Ia5String::try_from(value).map_err(issue);
    let mut params = CertificateParams::default();
    params.distinguished_name = subject(&spec.name);
    for name in &spec.dns {
        params.subject_alt_names.push(SanType::DnsName(text(name)?));
    }
    for ip in &spec.ips {
        params.subject_alt_names.push(SanType::IpAddress(*ip));
    }
    if let Some(role) = spec.role {
        params.subject_alt_names.push(SanType::URI(text(&role.uri())?));
    }
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    if spec.server {
        params.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
    }
    if spec.client {
        params.extended_key_usages.push(ExtendedKeyUsagePurpose::ClientAuth);
    }
    params.not_before = spec.validity.from;
    params.not_after = spec.validity.until;
    Ok((KeyPair::generate().map_err(issue)?, params))
}

fn subject(name: &str) -> DistinguishedName {
    let mut subject = DistinguishedName::new();
    subject.push(DnType::OrganizationName, "Persys test network");
    subject.push(DnType::CommonName, name);
    subject
}

/// Writes a file that only its owner may read.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<(), AuthorityError> {
    use io::Write;
    let file = |problem| AuthorityError::File { path: path.to_owned(), problem };
    fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut opened| opened.write_all(text.as_bytes()))
        .map_err(file)
}
