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
        match self.is_shaped().await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Refused::failed("the queueing discipline did not appear")),
            Err(error) => Err(Refused::failed(format!("failed to {error}"))),
        }
    }

    /// Removes our shaping, and looks that it is gone.
    pub async fn clear(&self) -> Result<String, String> {
        let failed = |error: CommandError| format!("failed to {error}");
        let device = &self.device;
        if !self.is_shaped().await.map_err(failed)? {
            return Ok(format!("{device} was not shaped"));
        }
        tc().args(["qdisc", "del", "dev", device, "root"]).run().await.map_err(failed)?;
        if self.is_shaped().await.map_err(failed)? {
            return Err(format!("{device} is still shaped"));
        }
        Ok(format!("{device} is not shaped any more"))
    }

    async fn is_shaped(&self) -> Result<bool, CommandError> {
        let shown = tc().args(["qdisc", "show", "dev", &self.device]).run().await?;
        Ok(shown.contains(&format!(" {ROOT} root")))
    }
}

fn tc() -> Command {
    Command::new("tc")
}
