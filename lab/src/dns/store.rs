//! The services in etcd.

use std::{collections::BTreeMap, sync::Mutex, time::Duration};

use anyhow::{Context, Result};
use etcd_client::{
    Certificate, Client, ConnectOptions, GetOptions, Identity, KeyValue, TlsOptions,
};
use hickory_server::proto::rr::Name;
use persys_identity::LoadedCredentials;
use tokio::time::timeout;

use super::service::{Service, key};

/// Of one question, all asked together.
const PATIENCE: Duration = Duration::from_secs(2);

pub struct Store {
    endpoints: Vec<String>,
    options: ConnectOptions,
    client: Mutex<Client>,
}

impl Store {
    /// Comes back before there is a connection: etcd may come later.
    pub async fn new(
        endpoints: Vec<String>,
        credentials: Option<&LoadedCredentials>,
    ) -> Result<Self> {
        let mut options = ConnectOptions::new().with_connect_timeout(PATIENCE);
        if let Some(credentials) = credentials {
            let (cert, key, ca) = credentials.pem();
            let authority = TlsOptions::new().ca_certificate(Certificate::from_pem(ca));
            options = options.with_tls(authority.identity(Identity::from_pem(cert, key)));
        }
        let client = Client::connect(&endpoints, Some(options.clone()))
            .await
            .context("prepare the connection to etcd")?;
        Ok(Self { endpoints, options, client: Mutex::new(client) })
    }

    /// All services at or below a name. None: there is no such name.
    pub async fn services(&self, name: &Name) -> Result<Option<Vec<Service>>> {
        let asked = timeout(PATIENCE, self.ask(name)).await.context("hear from etcd in time");
        let asked = asked.flatten();
        if asked.is_err() {
            self.reconnect().await;
        }
        asked
    }

    async fn ask(&self, name: &Name) -> Result<Option<Vec<Service>>> {
        let mut client = self.client();
        let key = key(name);
        let below = Some(GetOptions::new().with_prefix());
        let mut found = client.get(format!("{key}/"), below).await.context("ask etcd")?;
        if found.kvs().is_empty() {
            found = client.get(key, None).await.context("ask etcd")?;
        }
        if found.kvs().is_empty() {
            return Ok(None);
        }
        let mut leases = BTreeMap::new();
        for lease in found.kvs().iter().map(KeyValue::lease).filter(|lease| *lease != 0) {
            if let std::collections::btree_map::Entry::Vacant(entry) = leases.entry(lease) {
                let left = client.lease_time_to_live(lease, None).await.context("ask etcd")?;
                // A lease that has just ended takes its keys along.
                entry.insert(u32::try_from(left.ttl()).unwrap_or(0));
            }
        }
        let service = |pair: &KeyValue| {
            let service = Service::parse(pair.key(), pair.value())?;
            Some(Service { lease: leases.get(&pair.lease()).copied().unwrap_or(0), ..service })
        };
        Ok(Some(found.kvs().iter().filter_map(service).collect()))
    }

    fn client(&self) -> Client {
        // A poisoned lock holds a client all the same.
        self.client.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// A connection on which nothing came back may stay so for long.
    async fn reconnect(&self) {
        if let Ok(next) = Client::connect(&self.endpoints, Some(self.options.clone())).await {
            *self.client.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = next;
        }
    }
}
