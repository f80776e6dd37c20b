//! A fault that the host keeps up for as long as somebody holds it.

use std::time::Instant;

use super::{HostChannel, ProbeError, host_order::HostOrder};

/// A machine without power or without network. [`HostFault::heal`] ends it and
/// tells whether that was done; dropped instead, the host is asked to end it, and
/// what comes of that is recorded.
#[must_use = "the fault is healed when this is dropped"]
#[derive(Debug)]
pub struct HostFault {
    channel: HostChannel,
    order: HostOrder,
    healing: HostOrder,
    machine: String,
    since: Instant,
    in_effect: bool,
}

impl HostFault {
    pub(super) fn new(
        channel: HostChannel,
        order: HostOrder,
        healing: HostOrder,
        machine: &str,
    ) -> Self {
        let (machine, since) = (machine.to_owned(), Instant::now());
        Self { channel, order, healing, machine, since, in_effect: true }
    }

    /// The host has said that it did nothing.
    pub(super) fn never_was(mut self) {
        self.in_effect = false;
    }

    pub fn machine(&self) -> &str {
        &self.machine
    }

    /// Since when it was asked for.
    pub fn since(&self) -> Instant {
        self.since
    }

    /// Ends the fault. A machine that is started again still has to boot.
    pub async fn heal(mut self) -> Result<(), ProbeError> {
        self.in_effect = false;
        let healed = self.channel.order(self.healing, &self.machine).await;
        self.told(healed.as_ref().err(), "");
        healed
    }

    fn told(&self, error: Option<&ProbeError>, how: &str) {
        let after = format!("after {:.1} s{how}", self.since.elapsed().as_secs_f64());
        let (change, detail) = match error {
            None => ("healed", after),
            Some(error) => ("heal-failed", format!("failed to {error}")),
        };
        self.channel.tell(self.order, &self.machine, change, Some(detail));
    }
}

impl Drop for HostFault {
    fn drop(&mut self) {
        if !self.in_effect {
            return;
        }
        let (channel, healing) = (self.channel.clone(), self.healing);
        // The request is on its way even if nobody is left to wait for the answer.
        let id = match channel.request(healing, &self.machine) {
            Ok(id) => id,
            Err(error) => return self.told(Some(&error), ""),
        };
        let asked = Some("released in the background".to_owned());
        channel.tell(self.order, &self.machine, "released", asked);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let fault = Self {
                channel: channel.clone(),
                machine: self.machine.clone(),
                in_effect: false,
                ..*self
            };
            runtime.spawn(async move {
                let answer = channel.answer(id, healing, &fault.machine).await;
                fault.told(answer.as_ref().err(), ", in the background");
            });
        }
    }
}
