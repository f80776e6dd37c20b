//! Cuts and losses on the links to other machines, by the packet filter.

use serde_json::Value;
use tokio::sync::Mutex;

use super::packet_rules::{PacketRules, TABLE, chain_names};
use crate::{machine::Command, protocol::LeaseId, refused::Refused};

const FAMILIES: [&str; 2] = ["inet", "netdev"];

/// The packet filter of this network namespace, as far as it is ours.
#[derive(Debug, Default)]
pub struct Links {
    /// Two changes at once would see each other's half.
    changing: Mutex<()>,
}

impl Links {
    /// Puts the rules of a lease in place and looks that they are there.
    pub(super) async fn cut(&self, rules: &PacketRules) -> Result<(), Refused> {
        let _changing = self.changing.lock().await;
        let failed = |error: String| Refused::failed(format!("failed to {error}"));
        nft()
            .args(["-f", "-"])
            .input(rules.script())
            .run()
            .await
            .map_err(|error| Refused::failed(format!("failed to {error}")))?;
        for chain in rules.chains() {
            if !chains_of(chain.family).await.map_err(failed)?.contains(&chain.name) {
                return Err(Refused::failed(format!("the chain {} did not appear", chain.name)));
            }
        }
        Ok(())
    }

    /// Removes the rules of a lease, whichever are there, and looks that they are gone.
    pub(super) async fn join(&self, lease: LeaseId) -> Result<String, String> {
        let _changing = self.changing.lock().await;
        let mut dropped = 0;
        let mut removed = 0;
        for family in FAMILIES {
            let listed = list(family).await?;
            for chain in chain_names(lease).iter().filter(|name| has_chain(&listed, name)) {
                dropped += packets(&listed, chain);
                removed += 1;
                let script = format!(
                    "flush chain {family} {TABLE} {chain}\ndelete chain {family} {TABLE} {chain}\n"
                );
                nft()
                    .args(["-f", "-"])
                    .input(script)
                    .run()
                    .await
                    .map_err(|error| format!("failed to {error}"))?;
            }
            let left = chains_of(family).await?;
            if let Some(chain) = chain_names(lease).iter().find(|name| left.contains(name)) {
                return Err(format!("the chain {chain} is still there"));
            }
        }
        Ok(match removed {
            0 => "no rule of the lease was there".to_owned(),
            _ => format!("the rules are gone; they had dropped {dropped} packets"),
        })
    }

    /// Removes all that is ours, whoever put it there.
    pub async fn clear(&self) -> Result<(), String> {
        let _changing = self.changing.lock().await;
        for family in FAMILIES {
            if list(family).await?.is_empty() {
                continue;
            }
            nft()
                .args(["delete", "table", family, TABLE])
                .run()
                .await
                .map_err(|error| format!("failed to {error}"))?;
        }
        Ok(())
    }
}

fn nft() -> Command {
    Command::new("nft")
}

/// Our table as `nft -j` lists it; empty when it is not there.
async fn list(family: &str) -> Result<Vec<Value>, String> {
    let tables = nft().args(["-j", "list", "tables"]).run().await;
    let tables = entries(&tables.map_err(|error| format!("failed to {error}"))?)?;
    let ours =
        |entry: &Value| entry["table"]["family"] == family && entry["table"]["name"] == TABLE;
    if !tables.iter().any(ours) {
        return Ok(Vec::new());
    }
    let listed = nft().args(["-j", "list", "table", family, TABLE]).run().await;
    entries(&listed.map_err(|error| format!("failed to {error}"))?)
}

fn entries(text: &str) -> Result<Vec<Value>, String> {
    let mut listed: Value =
        serde_json::from_str(text).map_err(|error| format!("failed to understand nft: {error}"))?;
    match listed["nftables"].take() {
        Value::Array(entries) => Ok(entries),
        _ => Err("failed to understand nft: it lists nothing".to_owned()),
    }
}

async fn chains_of(family: &str) -> Result<Vec<String>, String> {
    let listed = list(family).await?;
    let names = listed.iter().filter_map(|entry| entry["chain"]["name"].as_str());
    Ok(names.map(str::to_owned).collect())
}

fn has_chain(listed: &[Value], name: &str) -> bool {
    listed.iter().any(|entry| entry["chain"]["name"] == name)
}

/// How many packets the rules of a chain have counted.
fn packets(listed: &[Value], chain: &str) -> u64 {
    let rules = listed.iter().filter(|entry| entry["rule"]["chain"] == chain);
    let expressions = rules.filter_map(|entry| entry["rule"]["expr"].as_array()).flatten();
    expressions.filter_map(|expression| expression["counter"]["packets"].as_u64()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_summed() {
        let text = r#"{"nftables": [{"metainfo": {}},
            {"chain": {"family": "inet", "table": "t", "name": "in_a"}},
            {"rule": {"chain": "in_a", "expr": [{"accept": null}]}},
            {"rule": {"chain": "in_a", "expr": [{"counter": {"packets": 3, "bytes": 9}}]}},
            {"rule": {"chain": "in_b", "expr": [{"counter": {"packets": 5, "bytes": 9}}]}}]}"#;
        let listed = entries(text).unwrap();
        assert!(has_chain(&listed, "in_a") && !has_chain(&listed, "in_b"));
        assert_eq!(packets(&listed, "in_a"), 3);
    }
}
