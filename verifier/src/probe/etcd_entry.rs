//! A key of etcd with its value and revisions.

use serde_json::{Value, json};

use super::http::readable;

/// A key with its value, as it is or was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EtcdEntry {
    pub key: String,
    pub value: Vec<u8>,
    /// The store's revision at which the key came into being.
    pub create_revision: i64,
    /// The store's revision of the last write.
    pub mod_revision: i64,
    /// How often the key was written since then, from 1.
    pub version: i64,
    /// The lease that it lives by, or 0.
    pub lease: i64,
}

impl EtcdEntry {
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.value)
    }

    /// The value as JSON, or as a text where it is none.
    pub fn json(&self) -> Value {
        readable(&self.value)
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "key": self.key,
            "value": self.json(),
            "createRevision": self.create_revision,
            "modRevision": self.mod_revision,
            "version": self.version,
            "lease": self.lease,
        })
    }
}

impl From<&etcd_client::KeyValue> for EtcdEntry {
    fn from(kv: &etcd_client::KeyValue) -> Self {
        Self {
            key: String::from_utf8_lossy(kv.key()).into_owned(),
            value: kv.value().to_vec(),
            create_revision: kv.create_revision(),
            mod_revision: kv.mod_revision(),
            version: kv.version(),
            lease: kv.lease(),
        }
    }
}
