//! Carries out one entry of a plan after the other, each on its own.

use std::{sync::Arc, time::Duration};

use persys_contract::topology::Topology;
use tokio::time::Instant;

use super::{stage::Shared, workloads::Cast};
use crate::{
    chaos::{Act, Client, Entry, HistoryFile, Line, Operation},
    events::OperationEnded,
    evidence::Recorder,
    probe::Probes,
};

/// What the tasks of a plan share.
pub struct Conduct {
    pub probes: Arc<Probes>,
    pub recorder: Recorder,
    pub cast: Arc<Cast>,
    pub history: Arc<HistoryFile>,
    pub began: Instant,
    /// How long a user waits for an answer.
    pub patience: Duration,
    /// Orders that `persys-cli` reads from files are written there.
    pub folder: Option<std::path::PathBuf>,
    pub tally: Shared<Tally>,
}

/// What was really done.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub operations: usize,
    pub answered: usize,
    pub disturbances: usize,
    pub spared: Vec<String>,
    /// Faults that would not go, in a sentence each.
    pub unhealed: Vec<String>,
    /// When the last fault was gone.
    pub healed: Option<Instant>,
}

impl Conduct {
    pub fn topology(&self) -> &Topology {
        self.probes.topology()
    }

    pub fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    pub async fn entry(self: Arc<Self>, number: u32, entry: Entry) {
        match &entry.act {
            Act::Operation { client, operation } => {
                self.operation(number, *client, operation.clone()).await;
            }
            Act::Fault { machine, breakage, for_ms } => {
                let span = Duration::from_millis(*for_ms);
                self.break_for(machine, breakage, span).await;
            }
            Act::Restart { machine, component } => self.restart(machine, component).await,
            Act::Blow { workload, blow } => self.strike(*workload, *blow).await,
        }
    }

    async fn operation(&self, process: u32, client: Client, operation: Operation) {
        let at_ms = self.now_ms();
        self.history.write(Line::Invoke { at_ms, process, client, operation: operation.clone() });
        let reply = match client {
            Client::Gateway => self.through_gateway(&operation).await,
            Client::Cli => self.through_cli(&operation).await,
        };
        let ended_ms = self.now_ms();
        let (outcome, status) = (reply.outcome(), reply.status);
        self.recorder.operation(OperationEnded {
            what: format!("{operation} {client}"),
            outcome: outcome.as_str().to_owned(),
            status,
            duration_ms: ended_ms - at_ms,
            detail: reply.detail.clone(),
        });
        self.history.write(Line::Complete {
            at_ms: ended_ms,
            process,
            outcome,
            status,
            detail: reply.detail,
            finding: reply.finding,
        });
        self.tally.with(|tally| {
            tally.operations += 1;
            tally.answered += usize::from(status.is_some_and(|status| status < 500));
        });
    }
}
