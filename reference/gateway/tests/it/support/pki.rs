//! One authority and the certificates of a test.

use std::{net::Ipv4Addr, path::PathBuf};

use persys_contract::Role;
use persys_identity::{Authority, CertificateSpec, Credentials, LoadedCredentials, install_crypto};
use tempfile::TempDir;

pub struct Pki {
    authority: Authority,
    folder: TempDir,
}

impl Pki {
    pub fn create() -> Self {
        install_crypto();
        let pki =
            Self { authority: Authority::create().unwrap(), folder: tempfile::tempdir().unwrap() };
        pki.authority.write_certificate(pki.folder.path()).unwrap();
        let gateway = CertificateSpec::server("api-gateway")
            .with_ip(Ipv4Addr::LOCALHOST)
            .with_role(Role::Gateway);
        pki.write(&gateway);
        pki
    }

    pub fn files(&self, name: &str) -> Credentials {
        Credentials::in_folder(self.folder.path(), name)
    }

    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    pub fn issue(&self, spec: &CertificateSpec) -> LoadedCredentials {
        self.write(spec);
        self.files(&spec.name).load().unwrap()
    }

    /// A scheduler's certificate for the loopback address.
    pub fn scheduler(&self) -> LoadedCredentials {
        self.issue(&CertificateSpec::server("prow-scheduler").with_ip(Ipv4Addr::LOCALHOST))
    }

    pub fn client(&self, role: Role) -> LoadedCredentials {
        self.issue(&CertificateSpec::client(role))
    }

    fn write(&self, spec: &CertificateSpec) {
        self.authority.issue(spec).unwrap().write(self.folder.path()).unwrap();
    }
}
