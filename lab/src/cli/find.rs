//! Finds the lab that the user means.

use anyhow::{Context, Result, bail};

use super::args::Which;
use crate::{
    misuse::Misuse,
    names,
    outermost::{Answer, MachineEntry, Question, Report, ask},
};

pub async fn find(which: &Which) -> Result<Report> {
    let name = name(which)?;
    match ask(&name, Question::Describe).await? {
        Answer::Report(report) => Ok(report),
        Answer::GoingDown => bail!("ask the lab {name}: it goes down"),
    }
}

pub fn name(which: &Which) -> Result<String> {
    let labs = names::living()?;
    if let Some(name) = &which.name {
        if !labs.contains(name) {
            bail!(Misuse(format!("--name {name}: there is no such lab; up {}", list(&labs))));
        }
        return Ok(name.clone());
    }
    match labs.as_slice() {
        [only] => Ok(only.clone()),
        [] => bail!(Misuse("no lab is up; start one with `persys-lab up`".to_owned())),
        several => bail!(Misuse(format!("up {}; say which with --name", list(several)))),
    }
}

/// The machine and its first process.
pub fn machine<'a>(report: &'a Report, name: &str) -> Result<(&'a MachineEntry, u32)> {
    let Some(machine) = report.machines.iter().find(|machine| machine.name == name) else {
        let known: Vec<_> = report.machines.iter().map(|machine| machine.name.as_str()).collect();
        bail!(Misuse(format!("{name}: there is no such machine; there are {}", known.join(", "))));
    };
    let pid = machine.pid.with_context(|| format!("enter {name}: it does not run"))?;
    Ok((machine, pid))
}

fn list(labs: &[String]) -> String {
    if labs.is_empty() { "is none".to_owned() } else { format!("are {}", labs.join(", ")) }
}
