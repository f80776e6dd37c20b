//! Breaks things, and heals them again.

use std::time::Duration;

use persys_faultd::protocol::Action;
use tokio::time::{Instant, sleep};

use super::conduct::Conduct;
use crate::{
    chaos::{Blow, Breakage, Line},
    evidence::StepError,
    probe::FaultProbe,
};

impl Conduct {
    /// Puts a fault in place, and heals it when its time is over.
    pub async fn break_for(&self, machine: &str, breakage: &Breakage, span: Duration) {
        let what = breakage.to_string();
        let faults = self.probes.faults(machine);
        let active = match self.injected(&faults, breakage).await {
            Ok(active) => active,
            Err(error) => return self.spare(format!("{what} on {machine}"), error.message),
        };
        self.begun(machine, &what);
        self.tally.with(|tally| tally.disturbances += 1);
        sleep(span).await;
        if let Err(error) = active.heal().await {
            let sentence = format!("{what} on {machine} was not healed as ordered: {error}");
            self.tally.with(|tally| tally.unhealed.push(sentence));
        }
        self.healed(machine, &what);
    }

    async fn injected(
        &self,
        faults: &FaultProbe,
        breakage: &Breakage,
    ) -> Result<crate::probe::ActiveFault, StepError> {
        let disk = match breakage {
            Breakage::FillDisk => Some(self.probes.docker(faults.machine()).root_folder().await?),
            _ => None,
        };
        let fault = breakage.fault(self.topology(), disk.as_deref()).map_err(StepError::error)?;
        faults.inject(fault).await
    }

    pub async fn restart(&self, machine: &str, component: &str) {
        let what = format!("restart {component}");
        // It may be down from here on, whatever the answer will be.
        self.begun(machine, &what);
        match self.probes.faults(machine).restart(component).await {
            Ok(_) => self.tally.with(|tally| tally.disturbances += 1),
            Err(error) => self.spare(format!("{what} on {machine}"), error.to_string()),
        }
        self.healed(machine, &what);
    }

    /// Hits every container of a workload that runs, wherever it is.
    pub async fn strike(&self, workload: u32, blow: Blow) {
        let what = format!("{blow} of w{workload}");
        let id = self.cast.id(workload);
        let mut hit = false;
        for (machine, docker) in self.probes.dockers() {
            let Ok(containers) = docker.of_workload(&id).await else { continue };
            let faults = self.probes.faults(machine);
            for container in containers.into_iter().filter(|one| one.state == "running") {
                let action = match blow {
                    Blow::Stop => Action::ContainerStop { container: container.id },
                    Blow::Kill => Action::ContainerKill { container: container.id },
                    Blow::Remove => Action::ContainerRemove { container: container.id },
                    Blow::Pause => Action::ContainerPause { container: container.id },
                };
                if faults.act(action).await.is_ok() {
                    hit = true;
                    let (at_ms, machine) = (self.now_ms(), machine.clone());
                    self.history.write(Line::Blow { at_ms, machine, what: what.clone() });
                }
            }
        }
        if hit {
            self.tally.with(|tally| tally.disturbances += 1);
        } else {
            self.spare(what, "no container of it runs".to_owned());
        }
    }

    fn begun(&self, machine: &str, what: &str) {
        let (at_ms, machine, what) = (self.now_ms(), machine.to_owned(), what.to_owned());
        self.history.write(Line::Fault { at_ms, machine, what });
    }

    fn healed(&self, machine: &str, what: &str) {
        let (at_ms, machine, what) = (self.now_ms(), machine.to_owned(), what.to_owned());
        self.history.write(Line::Healed { at_ms, machine, what });
        self.tally.with(|tally| tally.healed = tally.healed.max(Some(Instant::now())));
    }

    fn spare(&self, what: String, why: String) {
        self.history.write(Line::Spared {
            at_ms: self.now_ms(),
            what: what.clone(),
            why: why.clone(),
        });
        self.tally.with(|tally| tally.spared.push(format!("{what}: {why}")));
    }
}
