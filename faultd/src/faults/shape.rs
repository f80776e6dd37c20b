//! Delays and bounds what this machine sends, by traffic control.

use super::shape_script::{ROOT, ShapeScript};
use crate::{
    machine::{Command, CommandError},
    refused::Refused,
};

/// The shaping of the machine's interface, as far as it is ours.
#[derive(Clone, Debug)]
pub struct Shapes {
    device: String,
}

impl Shapes {
    pub fn new(device: impl Into<String>) -> Self {
        Self { device: device.into() }
    }

    pub(super) fn device(&self) -> &str {
        &self.device
    }

    pub(super) async fn shape(&self, script: &ShapeScript) -> Result<(), Refused> {
        let batch = tc().args(["-batch", "-"]).input(script.text()).run().await;
        batch.map_err(|error| Refused::failed(format!("failed to {error}")))?;
        match shaped().await {
            Ok(shaped) if shaped.contains(&self.device) => Ok(()),
            Ok(_) => Err(Refused::failed("the queueing discipline did not appear")),
            Err(error) => Err(Refused::failed(format!("failed to {error}"))),
        }
    }

    /// Removes our shaping, and looks that it is gone. Every interface is looked at: the one
    /// that was shaped may have lost the address by which it was found.
    pub async fn clear() -> Result<String, String> {
        let failed = |error: CommandError| format!("failed to {error}");
        let found = shaped().await.map_err(failed)?;
        if found.is_empty() {
            return Ok("no interface was shaped".to_owned());
        }
        for device in &found {
            tc().args(["qdisc", "del", "dev", device, "root"]).run().await.map_err(failed)?;
        }
        let left = shaped().await.map_err(failed)?;
        if !left.is_empty() {
            return Err(format!("{} is still shaped", left.join(", ")));
        }
        Ok(format!("{} is not shaped any more", found.join(", ")))
    }
}

/// The interfaces that bear our shaping.
async fn shaped() -> Result<Vec<String>, CommandError> {
    Ok(shaped_in(&tc().args(["qdisc", "show"]).run().await?))
}

fn shaped_in(shown: &str) -> Vec<String> {
    let device = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["qdisc", _, ROOT, "dev", device, "root", ..] => Some((*device).to_owned()),
            _ => None,
        }
    };
    shown.lines().filter_map(device).collect()
}

fn tc() -> Command {
    Command::new("tc")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_interfaces_with_our_root_are_ours() {
        let shown = "qdisc noqueue 0: dev lo root refcnt 2 \n\
            qdisc prio 7f00: dev eth1 root refcnt 2 bands 4 priomap 3 3 3\n\
            qdisc tbf 7f04: dev eth1 parent 7f00:4 rate 8Mbit burst 64Kb lat 400ms \n\
            qdisc prio 8001: dev eth2 root refcnt 2 bands 3 priomap 1 2 2\n";
        assert_eq!(shaped_in(shown), ["eth1"]);
        assert!(shaped_in("").is_empty());
    }

    /// With the machine's own tools, where it has them.
    #[tokio::test]
    async fn what_is_not_shaped_is_seen_not_to_be() {
        if tc().args(["qdisc", "show"]).run().await.is_err() {
            let error = Shapes::clear().await.unwrap_err();
            assert!(error.contains("tc"), "{error}");
            return;
        }
        assert_eq!(Shapes::clear().await.unwrap(), "no interface was shaped");
    }
}
