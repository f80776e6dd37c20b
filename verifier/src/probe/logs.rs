//! The logs of every machine, by its fault daemon.

use std::{collections::BTreeMap, time::Duration};

use futures::future::{BoxFuture, join_all};

use persys_faultd::protocol::{Component, ComponentState};

use super::FaultProbe;
use crate::evidence::{LogChunk, LogError, LogName, LogSource};

/// How long one machine may take for one answer, on ordinary hardware: less than the
/// runner gives all of them together, so that a silent one does not hide the others'
/// logs.
const TIMEOUT: Duration = Duration::from_secs(3);

pub(super) struct LogProbe {
    machines: BTreeMap<String, FaultProbe>,
    patience: Duration,
}

impl LogProbe {
    /// `scale` multiplies how long one machine may take.
    pub fn new(machines: BTreeMap<String, FaultProbe>, scale: f64) -> Self {
        Self { machines, patience: TIMEOUT.mul_f64(scale) }
    }

    async fn bounded<T, E: std::fmt::Display>(
        &self,
        machine: &str,
        ask: impl Future<Output = Result<T, E>>,
    ) -> Result<T, LogError> {
        let reason = match tokio::time::timeout(self.patience, ask).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer within {} s", self.patience.as_secs()),
        };
        Err(LogError { machine: machine.to_owned(), reason })
    }
}

impl LogSource for LogProbe {
    fn logs(&self) -> BoxFuture<'_, (Vec<LogName>, Vec<LogError>)> {
        Box::pin(async move {
            let answers = self.machines.iter().map(|(machine, probe)| async move {
                let answer = self.bounded(machine, probe.client().components()).await?;
                let name = |component: String| LogName { machine: machine.clone(), component };
                Ok(answer.into_iter().map(|report| name(report.component.name)).collect())
            });
            let (mut names, mut errors) = (Vec::new(), Vec::new());
            for answer in join_all(answers).await {
                match answer {
                    Ok(found) => names.extend::<Vec<_>>(found),
                    Err(error) => errors.push(error),
                }
            }
            (names, errors)
        })
    }

    fn ailing(&self) -> BoxFuture<'_, Vec<String>> {
        Box::pin(async move {
            let answers = self.machines.iter().map(|(machine, probe)| async move {
                match self.bounded(machine, probe.client().components()).await {
                    Ok(reports) => {
                        reports.iter().filter_map(|r| ailing(machine, &r.component)).collect()
                    }
                    Err(_) => vec![format!("the fault daemon of {machine} does not answer")],
                }
            });
            join_all(answers).await.concat()
        })
    }

    fn read<'a>(
        &'a self,
        log: &'a LogName,
        offset: u64,
        max: u64,
    ) -> BoxFuture<'a, Result<LogChunk, LogError>> {
        Box::pin(async move {
            let probe = self.machines.get(&log.machine).ok_or_else(|| LogError {
                machine: log.machine.clone(),
                reason: "the topology has no such machine".to_owned(),
            })?;
            let max = max.min(persys_faultd::protocol::LogChunk::MAX_BYTES);
            let read = probe.client().logs(&log.component, offset, max);
            let chunk = self.bounded(&log.machine, read).await?;
            Ok(LogChunk { text: chunk.text, next: chunk.next })
        })
    }
}

/// `persys-agent of agent2 is exited (code 2)`, unless it runs as it should.
fn ailing(machine: &str, component: &Component) -> Option<String> {
    let state = component.state;
    if matches!(state, ComponentState::Ready | ComponentState::Running) {
        return None;
    }
    let exit = component.exit.as_ref().filter(|_| !state.has_processes());
    let exit = exit.map_or_else(String::new, |exit| format!(" ({exit})"));
    Some(format!("{} of {machine} is {}{exit}", component.name, state.as_str()))
}
