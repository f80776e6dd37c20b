//! The schedulers that are there, and which of them leads.

use persys_contract::{Discovery, SchedulerInfo, ServiceRecord};

use super::{Store, StoreError, documents::read};

/// Held by the scheduler that leads; the value is its instance name.
pub const LEADER: &str = "/scheduler/leader";

impl Store {
    pub async fn leader(&self) -> Result<Option<String>, StoreError> {
        let answer =
            self.connection.read(async |client| client.kv_client().get(LEADER, None).await).await?;
        let value = answer.kvs().first().map(|pair| pair.value().to_vec());
        Ok(value.map(|value| String::from_utf8_lossy(&value).into_owned()))
    }

    pub async fn schedulers(&self, names: &Discovery) -> Result<Vec<SchedulerInfo>, StoreError> {
        let leader = self.leader().await?;
        let prefix = names.service_prefix();
        let options = etcd_client::GetOptions::new().with_prefix();
        let answer = self
            .connection
            .read(async |client| {
                client.kv_client().get(prefix.as_str(), Some(options.clone())).await
            })
            .await?;
        let mut found = Vec::new();
        for pair in answer.kvs() {
            let Some(instance) = pair.key_str().ok().and_then(|key| key.strip_prefix(&prefix))
            else {
                continue;
            };
            let Ok(record) = read::<ServiceRecord>(&prefix, pair.value()) else { continue };
            found.push(SchedulerInfo {
                instance: instance.to_owned(),
                address: format!("{}:{}", record.host, record.port),
                leader: leader.as_deref() == Some(instance),
            });
        }
        Ok(found)
    }
}
