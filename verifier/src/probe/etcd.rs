//! etcd, asked directly: what the platform has really stored.

use std::{
    net::SocketAddrV4,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use etcd_client::{
    Certificate, Client, ConnectOptions, DeleteOptions, GetOptions, Identity,
    LeaseTimeToLiveOptions, PutOptions, TlsOptions,
};
use persys_contract::{Node, StoreKeys, Workload, topology::MachineRole};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use super::{
    Cause, EtcdEntry, ProbeError, Question, Recording, error::cause_of, evidence::Evidence,
    setup::ProbeSetup,
};

/// How long a call may take.
const TIMEOUT: Duration = Duration::from_secs(5);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Interval and timeout. etcd ends connections that ask more often than every 5 s.
const KEEP_ALIVE: (Duration, Duration) = (Duration::from_secs(6), Duration::from_secs(3));

/// A stored value together with its revisions.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored<T> {
    pub value: T,
    pub entry: EtcdEntry,
}

/// How an etcd member is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EtcdStatus {
    pub version: String,
    /// The store's revision: it grows with every write.
    pub revision: i64,
    pub has_leader: bool,
    /// What the store takes on the disk, in bytes.
    pub db_size: i64,
}

/// A lease that has not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EtcdLease {
    /// Seconds that it lasts after each renewal.
    pub granted: i64,
    /// Seconds until it ends unless it is renewed.
    pub remaining: i64,
    /// The keys that go with it, sorted.
    pub keys: Vec<String>,
}

/// Asks etcd over mutual TLS; made by [`Probes::etcd`](super::Probes::etcd).
#[derive(Clone)]
pub struct EtcdProbe {
    address: SocketAddrV4,
    options: ConnectOptions,
    tls: bool,
    client: Arc<Mutex<Option<Client>>>,
    evidence: Evidence,
    timeout: Duration,
}

impl EtcdProbe {
    pub(super) fn new(setup: &ProbeSetup, evidence: &Evidence) -> Result<Self, ProbeError> {
        let topology = setup.topology();
        let mut options = ConnectOptions::new()
            .with_connect_timeout(CONNECT_TIMEOUT)
            .with_keep_alive(KEEP_ALIVE.0, KEEP_ALIVE.1);
        if topology.etcd.tls {
            persys_identity::install_crypto();
            let credentials = setup.credentials("etcd-client")?;
            let (cert, key, ca) = credentials.pem();
            let tls = TlsOptions::new()
                .ca_certificate(Certificate::from_pem(ca))
                .identity(Identity::from_pem(cert, key));
            options = options.with_tls(tls);
        }
        Ok(Self {
            address: topology.socket(MachineRole::Etcd, topology.ports.etcd),
            options,
            tls: topology.etcd.tls,
            client: Arc::default(),
            evidence: evidence.clone(),
            timeout: TIMEOUT,
        })
    }

    /// The same with another bound on each call.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// The same without evidence of its calls: for many of which none is of interest.
    #[must_use]
    pub fn quiet(self) -> Self {
        Self { evidence: self.evidence.muted(), ..self }
    }

    /// The value of a key.
    pub async fn get(&self, key: &str) -> Result<Option<EtcdEntry>, ProbeError> {
        let entries = self.range(key, None, format!("the key {key}")).await?;
        let entry = entries.into_iter().next();
        let found = if entry.is_some() { "there" } else { "absent" };
        let data = json!({ "key": key, "entry": entry.as_ref().map(EtcdEntry::to_json) });
        self.evidence.saw("etcd", format!("{key} is {found}"), data, Value::Null);
        Ok(entry)
    }

    /// Every key that begins with `prefix`, by key.
    pub async fn list(&self, prefix: &str) -> Result<Vec<EtcdEntry>, ProbeError> {
        let options = GetOptions::new().with_prefix();
        let entries = self.range(prefix, Some(options), format!("the keys below {prefix}")).await?;
        let shown: Vec<_> = entries.iter().map(EtcdEntry::to_json).collect();
        let summary = format!("{} keys below {prefix}", entries.len());
        let data = json!({ "prefix": prefix, "entries": shown });
        self.evidence.saw("etcd", summary, data, Value::Null);
        Ok(entries)
    }

    /// The names of all keys, whatever they are for, sorted.
    pub async fn keys(&self) -> Result<Vec<String>, ProbeError> {
        let options = GetOptions::new().with_all_keys().with_keys_only();
        let entries = self.range("", Some(options), "the names of all keys".to_owned()).await?;
        let keys: Vec<_> = entries.into_iter().map(|entry| entry.key).collect();
        let summary = format!("there are {} keys", keys.len());
        self.evidence.saw("etcd", summary, json!({ "keys": keys }), Value::Null);
        Ok(keys)
    }

    /// The record of a workload. A value that is no workload is a violation.
    pub async fn workload(&self, id: &str) -> Result<Option<Stored<Workload>>, ProbeError> {
        self.typed(&StoreKeys::workload(id)).await
    }

    /// The record of a node. A value that is no node is a violation.
    pub async fn node(&self, id: &str) -> Result<Option<Stored<Node>>, ProbeError> {
        self.typed(&StoreKeys::node(id)).await
    }

    /// The records of all workloads.
    pub async fn workloads(&self) -> Result<Vec<Stored<Workload>>, ProbeError> {
        let entries = self.list(StoreKeys::WORKLOADS).await?;
        entries.into_iter().map(|entry| self.stored(entry)).collect()
    }

    /// The records of all nodes.
    pub async fn nodes(&self) -> Result<Vec<Stored<Node>>, ProbeError> {
        let entries = self.list(StoreKeys::NODES).await?;
        entries.into_iter().map(|entry| self.stored(entry)).collect()
    }

    /// How etcd is.
    pub async fn status(&self) -> Result<EtcdStatus, ProbeError> {
        let status =
            self.call("its status", |mut client| async move { client.status().await }).await?;
        let status = EtcdStatus {
            version: status.version().to_owned(),
            revision: status.header().map_or(0, |header| header.revision()),
            has_leader: status.leader() != 0,
            db_size: status.db_size(),
        };
        let data = json!({ "version": status.version, "hasLeader": status.has_leader });
        let passing = json!({ "revision": status.revision, "dbSize": status.db_size });
        self.evidence.saw("etcd", format!("etcd {} answers", status.version), data, passing);
        Ok(status)
    }

    /// Records every change below a prefix from now on, beginning with what is
    /// there. It is established when this returns.
    pub async fn record(&self, prefix: &str) -> Result<Recording, ProbeError> {
        Recording::start(self.clone(), prefix).await
    }

    /// Writes a key, as nothing but a test of the platform's own watch would.
    pub async fn put(&self, key: &str, value: &str) -> Result<(), ProbeError> {
        let (name, text) = (key.to_owned(), value.to_owned());
        self.call(&format!("a write of {key}"), move |mut client| {
            let (key, value) = (name.clone(), text.clone());
            async move { client.put(key, value, None).await }
        })
        .await?;
        let data = json!({ "key": key, "value": value });
        self.evidence.saw("etcd", format!("{key} was written by the verifier"), data, Value::Null);
        Ok(())
    }

    /// Deletes a key; whether it was there.
    pub async fn delete(&self, key: &str) -> Result<bool, ProbeError> {
        let name = key.to_owned();
        let answer = self
            .call(&format!("the deletion of {key}"), move |mut client| {
                let key = name.clone();
                async move { client.delete(key, None).await }
            })
            .await?;
        let data = json!({ "key": key, "deleted": answer.deleted() });
        self.evidence.saw("etcd", format!("{key} was deleted by the verifier"), data, Value::Null);
        Ok(answer.deleted() > 0)
    }

    /// Writes a key back as it was, under the lease that it lived by. A lease that
    /// has ended meanwhile is an error.
    pub async fn restore(&self, entry: &EtcdEntry) -> Result<(), ProbeError> {
        let lease = entry.lease;
        self.call(&format!("the restoration of {}", entry.key), move |mut client| {
            let (key, value) = (entry.key.clone(), entry.value.clone());
            let options = PutOptions::new().with_lease(lease);
            async move { client.put(key, value, Some(options)).await }
        })
        .await?;
        let summary = format!("{} was restored by the verifier", entry.key);
        self.evidence.saw("etcd", summary, entry.to_json(), Value::Null);
        Ok(())
    }

    /// A lease, unless it has ended.
    pub async fn lease(&self, id: i64) -> Result<Option<EtcdLease>, ProbeError> {
        let answer = self
            .call(&format!("the lease {id:x}"), move |mut client| async move {
                let options = LeaseTimeToLiveOptions::new().with_keys();
                client.lease_time_to_live(id, Some(options)).await
            })
            .await?;
        let lease = (answer.ttl() > 0).then(|| {
            let text = |key: &Vec<u8>| String::from_utf8_lossy(key).into_owned();
            let mut keys: Vec<_> = answer.keys().iter().map(text).collect();
            keys.sort();
            EtcdLease { granted: answer.granted_ttl(), remaining: answer.ttl(), keys }
        });
        let data = json!({
            "lease": format!("{id:x}"),
            "granted": lease.as_ref().map(|lease| lease.granted),
            "keys": lease.as_ref().map(|lease| &lease.keys),
        });
        let passing = json!({ "remaining": answer.ttl() });
        self.evidence.saw("etcd", format!("lease {id:x}"), data, passing);
        Ok(lease)
    }

    /// Deletes every key that begins with `prefix`; how many there were.
    pub async fn delete_below(&self, prefix: &str) -> Result<i64, ProbeError> {
        let answer = self
            .call(&format!("the deletion of the keys below {prefix}"), move |mut client| {
                let options = DeleteOptions::new().with_prefix();
                async move { client.delete(prefix, Some(options)).await }
            })
            .await?;
        let data = json!({ "prefix": prefix, "deleted": answer.deleted() });
        let summary = format!("the keys below {prefix} were deleted by the verifier");
        self.evidence.saw("etcd", summary, data, Value::Null);
        Ok(answer.deleted())
    }

    /// The store's revision, as a majority has it: no later one was there when this was asked.
    pub async fn revision(&self) -> Result<i64, ProbeError> {
        let answer = self
            .call("its revision", |mut client| async move {
                let options = GetOptions::new().with_count_only();
                client.get("/", Some(options)).await
            })
            .await?;
        let header = answer.header().ok_or_else(|| ProbeError::Violation {
            question: Box::new(self.question("its revision")),
            broken: "the answer has no header".to_owned(),
        })?;
        Ok(header.revision())
    }

    async fn typed<T: DeserializeOwned>(&self, key: &str) -> Result<Option<Stored<T>>, ProbeError> {
        self.get(key).await?.map(|entry| self.stored(entry)).transpose()
    }

    fn stored<T: DeserializeOwned>(&self, entry: EtcdEntry) -> Result<Stored<T>, ProbeError> {
        match serde_json::from_slice(&entry.value) {
            Ok(value) => Ok(Stored { value, entry }),
            Err(error) => {
                let question = Box::new(self.question(&entry.key));
                Err(ProbeError::Violation { question, broken: format!("the value is {error}") })
            }
        }
    }

    async fn range(
        &self,
        key: &str,
        options: Option<GetOptions>,
        what: String,
    ) -> Result<Vec<EtcdEntry>, ProbeError> {
        let key = key.to_owned();
        let answer = self
            .call(&what, move |mut client| {
                let (key, options) = (key.clone(), options.clone());
                async move { client.get(key, options).await }
            })
            .await?;
        Ok(answer.kvs().iter().map(EtcdEntry::from).collect())
    }

    /// Makes one call. A connection that broke since the last call is made anew
    /// once; what fails on a new one fails.
    async fn call<T, F>(&self, what: &str, ask: impl Fn(Client) -> F) -> Result<T, ProbeError>
    where
        F: Future<Output = Result<T, etcd_client::Error>>,
    {
        let attempts = async {
            let (client, is_new) = self.client().await?;
            match ask(client).await {
                Err(error) if is_new => Err(cause(&error)),
                Err(_) => {
                    self.forget();
                    ask(self.client().await?.0).await.map_err(|error| cause(&error))
                }
                Ok(answer) => Ok(answer),
            }
        };
        let answer = tokio::time::timeout(self.timeout, attempts).await;
        let failed = match answer {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(cause)) => cause,
            Err(_) => Cause::Timeout(self.timeout),
        };
        self.forget();
        Err(self.evidence.unanswered("etcd", self.question(what), failed))
    }

    pub(super) fn question(&self, what: &str) -> Question {
        let scheme = if self.tls { "https" } else { "http" };
        Question::new("etcd", format!("{scheme}://{}", self.address), what)
    }

    pub(super) fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    fn forget(&self) {
        *self.client.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    async fn client(&self) -> Result<(Client, bool), Cause> {
        let known = self.client.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(client) = known {
            return Ok((client, false));
        }
        let client = self.connect().await?;
        *self.client.lock().unwrap_or_else(PoisonError::into_inner) = Some(client.clone());
        Ok((client, true))
    }

    /// A connection of its own.
    pub(super) async fn connect(&self) -> Result<Client, Cause> {
        // The client connects when it first asks, and then does not tell why it cannot.
        match tokio::time::timeout(CONNECT_TIMEOUT, TcpStream::connect(self.address)).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Err(Cause::Unreachable(error.to_string())),
            Err(_) => return Err(Cause::Unreachable("the host does not answer".to_owned())),
        }
        let scheme = if self.tls { "https" } else { "http" };
        let endpoint = format!("{scheme}://{}", self.address);
        Client::connect([endpoint], Some(self.options.clone())).await.map_err(|error| cause(&error))
    }
}

pub(super) fn cause(error: &etcd_client::Error) -> Cause {
    match error {
        etcd_client::Error::TransportError(error) => cause_of(error, Cause::Broken),
        etcd_client::Error::GRpcStatus(status) => match cause_of(status, Cause::Protocol) {
            Cause::Protocol(_) => Cause::Protocol(status.message().to_owned()),
            cause => cause,
        },
        other => cause_of(other, Cause::Protocol),
    }
}
