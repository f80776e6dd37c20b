//! A folder with an authority and everybody's credentials.

use std::net::Ipv4Addr;

use persys_contract::Role;
use persys_identity::{Authority, CertificateSpec, Credentials, LoadedCredentials};
use tempfile::TempDir;

pub struct Keys {
    folder: TempDir,
}

impl Keys {
    pub fn create() -> Self {
        persys_identity::install_crypto();
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::create().unwrap();
        authority.write_certificate(folder.path()).unwrap();
        let local = |spec: CertificateSpec| spec.with_ip(Ipv4Addr::LOCALHOST);
        let mut specs = vec![
            local(CertificateSpec::server("etcd")),
            local(CertificateSpec::server("prow-scheduler").with_role(Role::Prow)),
        ];
        specs.extend(Role::ALL.map(CertificateSpec::client));
        for spec in specs {
            authority.issue(&spec).unwrap().write(folder.path()).unwrap();
        }
        Self { folder }
    }

    pub fn path(&self, file: &str) -> String {
        self.folder.path().join(file).to_str().unwrap().to_owned()
    }

    pub fn load(&self, name: &str) -> LoadedCredentials {
        Credentials::in_folder(self.folder.path(), name).load().unwrap()
    }
}
