//! Asks the host of the machines to crash, start, reboot, block or unblock one.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::json;

use super::{
    Cause, ProbeError, Question,
    evidence::Evidence,
    host_fault::HostFault,
    host_order::{HostOrder, HostRequest, carried_out},
};
use crate::{atomic_file::replace_file, events::FaultChange, evidence::Recorder};

/// Between two looks for an answer.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How long the host may take, on ordinary hardware. A machine's boot is not part of it.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// A folder that the verifier shares with whoever runs the machines. Requests are
/// written there and answers read, both as files that appear whole. Cheap to
/// clone; all clones are one.
#[derive(Clone)]
pub struct HostChannel(Arc<Shared>);

struct Shared {
    requests: PathBuf,
    answers: PathBuf,
    next: AtomicU64,
    patience: Duration,
    evidence: Evidence,
}

impl HostChannel {
    /// Takes the folder into use. `scale` multiplies the time that the host has for
    /// an answer.
    ///
    /// # Errors
    /// [`ProbeError::Setup`] when there is no such folder: whoever made it listens
    /// there, so the verifier makes none.
    pub fn open(folder: &Path, scale: f64, recorder: Recorder) -> Result<Self, ProbeError> {
        if !folder.is_dir() {
            return Err(ProbeError::setup(format!(
                "use the host channel {}: there is no such folder; whoever runs the machines \
                 makes it and answers there",
                folder.display()
            )));
        }
        let failed = |path: &Path, error: io::Error| {
            ProbeError::setup(format!("use the host channel {}: {error}", path.display()))
        };
        let (requests, answers) = (folder.join("requests"), folder.join("answers"));
        let mut last = 0;
        for path in [&requests, &answers] {
            fs::create_dir_all(path).map_err(|error| failed(path, error))?;
            // An earlier run's numbers are not given again.
            for entry in fs::read_dir(path).map_err(|error| failed(path, error))? {
                let name = entry.map_err(|error| failed(path, error))?.file_name();
                let number = name.to_str().and_then(|name| name.strip_suffix(".json"));
                last = last.max(number.and_then(|n| n.parse().ok()).unwrap_or(0));
            }
        }
        let patience = ANSWER_WITHIN.mul_f64(scale.clamp(0.01, 1000.0));
        let evidence = Evidence::new(recorder);
        let next = AtomicU64::new(last + 1);
        Ok(Self(Arc::new(Shared { requests, answers, next, patience, evidence })))
    }

    /// Takes a machine's power away until the fault is healed.
    pub async fn crash(&self, machine: &str) -> Result<HostFault, ProbeError> {
        self.fault(HostOrder::Crash, HostOrder::Start, machine).await
    }

    /// Pulls a machine's network cable until the fault is healed.
    pub async fn block(&self, machine: &str) -> Result<HostFault, ProbeError> {
        self.fault(HostOrder::Block, HostOrder::Unblock, machine).await
    }

    /// Restarts a machine in an orderly way; it is on its way down when this returns.
    pub async fn reboot(&self, machine: &str) -> Result<(), ProbeError> {
        self.order(HostOrder::Reboot, machine).await?;
        self.tell(HostOrder::Reboot, machine, "action", None);
        Ok(())
    }

    async fn fault(
        &self,
        order: HostOrder,
        healing: HostOrder,
        machine: &str,
    ) -> Result<HostFault, ProbeError> {
        // Made before the answer: what is never answered may be in effect.
        let fault = HostFault::new(self.clone(), order, healing, machine);
        match self.order(order, machine).await {
            Ok(()) => {
                self.tell(order, machine, "injected", None);
                Ok(fault)
            }
            Err(error) => {
                if !error.is_timeout() {
                    fault.never_was();
                }
                Err(error)
            }
        }
    }

    /// Gives an order and waits until the host has carried it out.
    pub(super) async fn order(&self, order: HostOrder, machine: &str) -> Result<(), ProbeError> {
        let id = self.request(order, machine)?;
        self.answer(id, order, machine).await
    }

    /// Writes the request alone.
    pub(super) fn request(&self, order: HostOrder, machine: &str) -> Result<u64, ProbeError> {
        let id = self.0.next.fetch_add(1, Ordering::Relaxed);
        let request = HostRequest { id, order, machine };
        let mut text = serde_json::to_vec(&request).unwrap_or_default();
        text.push(b'\n');
        let file = self.0.requests.join(format!("{id}.json"));
        replace_file(&file, &text)
            .map_err(|error| ProbeError::setup(format!("write {}: {error}", file.display())))?;
        Ok(id)
    }

    /// Waits for the answer to a request.
    pub(super) async fn answer(
        &self,
        id: u64,
        order: HostOrder,
        machine: &str,
    ) -> Result<(), ProbeError> {
        let file = self.0.answers.join(format!("{id}.json"));
        let begun = Instant::now();
        let text = loop {
            match tokio::fs::read(&file).await {
                Ok(text) => break text,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    let broken = format!("the answer cannot be read: {error}");
                    return Err(self.failed(order, machine, Cause::Protocol(broken)));
                }
            }
            if begun.elapsed() >= self.0.patience {
                return Err(self.failed(order, machine, Cause::Timeout(self.0.patience)));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        };
        carried_out(&text, id).map_err(|why| self.failed(order, machine, Cause::Protocol(why)))?;
        let summary = format!("the host carried out: {} {machine}", order.as_str());
        let data = json!({ "order": order, "machine": machine });
        let passing = json!({ "request": id, "tookMs": begun.elapsed().as_millis() as u64 });
        self.0.evidence.saw("host", summary, data, passing);
        Ok(())
    }

    pub(super) fn tell(
        &self,
        order: HostOrder,
        machine: &str,
        change: &str,
        detail: Option<String>,
    ) {
        self.0.evidence.recorder().fault(FaultChange {
            machine: machine.to_owned(),
            change: change.to_owned(),
            fault: json!({ "kind": format!("host-{}", order.as_str()) }),
            detail,
            ..FaultChange::default()
        });
    }

    fn failed(&self, order: HostOrder, machine: &str, cause: Cause) -> ProbeError {
        let what = format!("the order {} {machine}", order.as_str());
        let folder = self.0.requests.parent().unwrap_or(&self.0.requests).display().to_string();
        self.0.evidence.unanswered("host", Question::new("the host", folder, what), cause)
    }
}

impl std::fmt::Debug for HostChannel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("HostChannel").field(&self.0.requests).finish()
    }
}
