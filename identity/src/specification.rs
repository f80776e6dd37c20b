//! What a certificate is to say.

use std::{net::IpAddr, time::Duration};

use persys_contract::Role;
use time::OffsetDateTime;

/// When a certificate is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    pub from: OffsetDateTime,
    pub until: OffsetDateTime,
}

impl Validity {
    const DAY: Duration = Duration::from_secs(86_400);

    /// From a day ago, for machines whose clock is behind, for the next 30 days.
    pub fn current() -> Self {
        let now = OffsetDateTime::now_utc();
        Self { from: now - Self::DAY, until: now + 30 * Self::DAY }
    }

    /// Over since an hour ago.
    pub fn expired() -> Self {
        let now = OffsetDateTime::now_utc();
        Self { from: now - 2 * Self::DAY, until: now - Duration::from_secs(3_600) }
    }

    /// Not before tomorrow.
    pub fn future() -> Self {
        let now = OffsetDateTime::now_utc();
        Self { from: now + Self::DAY, until: now + 2 * Self::DAY }
    }
}

/// The content of one certificate.
#[derive(Clone, Debug)]
pub struct CertificateSpec {
    /// The common name, and the base of the file names.
    pub name: String,
    pub role: Option<Role>,
    pub dns: Vec<String>,
    pub ips: Vec<IpAddr>,
    /// May be shown by a server.
    pub server: bool,
    /// May be shown by a client.
    pub client: bool,
    pub validity: Validity,
}

impl CertificateSpec {
    /// A certificate that may be shown by a server.
    pub fn server(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            role: None,
            dns: Vec::new(),
            ips: Vec::new(),
            server: true,
            client: false,
            validity: Validity::current(),
        }
    }

    /// A certificate that may be shown by a client, named after its role.
    pub fn client(role: Role) -> Self {
        Self { client: true, server: false, ..Self::server(role.as_str()) }.with_role(role)
    }

    pub fn named(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }

    pub fn with_role(self, role: Role) -> Self {
        Self { role: Some(role), client: true, ..self }
    }

    pub fn with_dns(mut self, name: impl Into<String>) -> Self {
        self.dns.push(name.into());
        self
    }

    pub fn with_ip(mut self, ip: impl Into<IpAddr>) -> Self {
        self.ips.push(ip.into());
        self
    }

    pub fn valid(self, validity: Validity) -> Self {
        Self { validity, ..self }
    }
}
