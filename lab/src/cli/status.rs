//! `persys-lab status`.

use anyhow::Result;
use persys_faultd::supervisor::{Component, SupervisorClient};
use serde::Serialize;

use super::{
    args::{Status, Which},
    exit, find,
    say::say,
};
use crate::{
    names,
    outermost::{MachineEntry, Report},
    paths,
};

#[derive(Serialize)]
struct LabStatus {
    #[serde(flatten)]
    report: Report,
    components: Vec<MachineStatus>,
}

#[derive(Serialize)]
struct MachineStatus {
    machine: String,
    components: Vec<Component>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

pub async fn status(args: Status) -> Result<u8> {
    let names = match &args.which.name {
        Some(_) => vec![find::name(&args.which)?],
        None => names::living()?,
    };
    let mut labs = Vec::new();
    for name in names {
        match find::find(&Which { name: Some(name.clone()) }).await {
            Ok(report) => labs.push(look(report).await),
            // It may have ended since.
            Err(error) => say(format_args!("failed to {error:#}")),
        }
    }
    if args.json {
        println!("{}", serde_json::to_string_pretty(&labs)?);
    } else if labs.is_empty() {
        println!("no lab is up");
    } else {
        labs.iter().for_each(print);
    }
    Ok(exit::DONE)
}

async fn look(report: Report) -> LabStatus {
    let mut components = Vec::new();
    for machine in &report.machines {
        let (list, error) = match supervised(machine).await {
            Ok(list) => (list, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        components.push(MachineStatus { machine: machine.name.clone(), components: list, error });
    }
    LabStatus { report, components }
}

async fn supervised(machine: &MachineEntry) -> Result<Vec<Component>, String> {
    let Some(pid) = machine.pid else { return Err("does not run".to_owned()) };
    let socket = format!("/proc/{pid}/root{}", paths::SUPERVISOR_SOCKET);
    SupervisorClient::new(socket).list().await.map_err(|error| format!("failed to {error}"))
}

fn print(lab: &LabStatus) {
    let report = &lab.report;
    println!(
        "lab {}: {}, process {}, since {}",
        report.name,
        format!("{:?}", report.phase).to_lowercase(),
        report.pid,
        report.since.strftime("%H:%M:%S UTC")
    );
    for (machine, status) in report.machines.iter().zip(&lab.components) {
        println!("  {:<12} {}", machine.name, machine.address);
        if let Some(error) = &status.error {
            println!("    {error}");
        }
        for component in &status.components {
            let exit = component.exit.as_ref().map(|exit| format!(", last exit {exit}"));
            let pid = component.pid.map(|pid| format!(", process {pid} there"));
            println!(
                "    {:<16} {}{}{}",
                component.name,
                component.state.as_str(),
                pid.unwrap_or_default(),
                exit.unwrap_or_default()
            );
        }
    }
}
