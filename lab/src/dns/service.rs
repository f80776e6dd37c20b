//! A record in etcd, in the form that SkyDNS gave it.

use hickory_server::proto::rr::Name;
use serde::Deserialize;

/// What a value in etcd says. Only the host is needed.
#[derive(Clone, Debug, Deserialize)]
pub struct Entry {
    pub host: String,
    #[serde(default)]
    pub port: u16,
    #[serde(default)]
    pub priority: u16,
    #[serde(default)]
    pub weight: u16,
    #[serde(default)]
    pub ttl: u32,
}

/// A value with its key.
#[derive(Clone, Debug)]
pub struct Service {
    pub key: String,
    pub entry: Entry,
    /// What the lease of the key still has, in seconds; 0 without one.
    pub lease: u32,
}

const ROOT: &str = "/skydns/";
/// As CoreDNS has them.
const DEFAULT_TTL: u32 = 300;
const DEFAULT_PRIORITY: u16 = 10;

impl Service {
    /// Values that are no service do not exist for DNS.
    pub fn parse(key: &[u8], value: &[u8]) -> Option<Self> {
        let key = std::str::from_utf8(key).ok()?.to_owned();
        Some(Self { key, entry: serde_json::from_slice(value).ok()?, lease: 0 })
    }

    pub fn ttl(&self) -> u32 {
        match (self.entry.ttl, self.lease) {
            (0, 0) => DEFAULT_TTL,
            (0, lease) => lease,
            (ttl, 0) => ttl,
            (ttl, lease) => ttl.min(lease),
        }
    }

    pub fn priority(&self) -> u16 {
        if self.entry.priority == 0 { DEFAULT_PRIORITY } else { self.entry.priority }
    }

    /// The name of which the key is made.
    pub fn name(&self) -> Option<Name> {
        let labels: Vec<_> = self
            .key
            .strip_prefix(ROOT)?
            .split('/')
            .rev()
            .filter(|label| !label.is_empty())
            .collect();
        Name::from_labels(labels.iter().map(|label| label.as_bytes())).ok()
    }
}

/// `web.persys.local` is `/skydns/local/persys/web`.
pub fn key(name: &Name) -> String {
    let labels: Vec<_> = name
        .iter()
        .rev()
        .map(|label| String::from_utf8_lossy(label).to_ascii_lowercase())
        .collect();
    format!("{ROOT}{}", labels.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_keys_from_the_top_down() {
        let name = Name::from_ascii("_Prow-Scheduler.persys.local.").unwrap();
        assert_eq!(key(&name), "/skydns/local/persys/_prow-scheduler");
        let service = Service::parse(
            b"/skydns/local/persys/_prow-scheduler/prow1",
            br#"{"host":"10.0.0.1"}"#,
        )
        .unwrap();
        let expected = Name::from_ascii("prow1._prow-scheduler.persys.local.").unwrap();
        assert_eq!(service.name(), Some(expected));
    }

    #[test]
    fn the_shorter_of_ttl_and_lease_counts() {
        let service = |ttl: u32, lease| {
            let value = format!("{{\"host\":\"h\",\"ttl\":{ttl}}}");
            let service = Service::parse(b"/skydns/local/x", value.as_bytes()).unwrap();
            Service { lease, ..service }.ttl()
        };
        assert_eq!(service(2, 15), 2);
        assert_eq!(service(30, 15), 15);
        assert_eq!(service(0, 0), 300);
    }

    #[test]
    fn what_is_no_service_does_not_exist() {
        assert!(Service::parse(b"/skydns/local/x", b"text").is_none());
        assert!(Service::parse(b"/skydns/local/x", b"{}").is_none());
    }
}
