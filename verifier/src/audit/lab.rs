//! Runs steps in a lab whose platform has a defect, or none.

use std::{
    env, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use persys_contract::component;
use tokio::process::Command;

use super::{Audit, Defect};
use crate::bisect::{BisectError, Children, Ended};

/// The platform's programs, by the lab's options for them.
const PROGRAMS: [(&str, &str); 4] = [
    ("--gateway", component::GATEWAY),
    ("--prow", component::SCHEDULER),
    ("--agent", component::AGENT),
    ("--cli", "persys-cli"),
];

/// The one program that is no component of a machine: whoever runs it gives it its environment.
const CLIENT: &str = "persys-cli";

/// What a lab needs of the project besides.
const BESIDES: [&str; 3] = ["persys-lab", "persys-faultd", "persys-github"];

/// Beside the results of all runs.
const LOCK: &str = "exclusive.lock";

pub struct Lab {
    program: PathBuf,
    programs: Vec<(&'static str, PathBuf)>,
    topology: PathBuf,
    timeout_scale: Option<String>,
    options: Vec<String>,
    /// The seed of the random faults that everything is left to.
    chaos: Option<u64>,
    started: AtomicU32,
}

impl Lab {
    pub fn new(arguments: &Audit) -> Result<Self, BisectError> {
        let own = env::current_exe().ok().and_then(|program| Some(program.parent()?.to_owned()));
        let own = own.unwrap_or_default();
        let program = match &arguments.lab {
            Some(program) => absolute(program)?,
            None => Some(own.join("persys-lab"))
                .filter(|program| program.is_file())
                .unwrap_or_else(|| "persys-lab".into()),
        };
        let folder = match &arguments.bin_dir {
            Some(folder) => absolute(folder)?,
            None => own,
        };
        let topology = find("--topology", arguments.topology.as_deref(), "topology.json")?;
        Ok(Self {
            program,
            programs: PROGRAMS.map(|(option, name)| (option, folder.join(name))).into(),
            topology,
            timeout_scale: arguments.timeout_scale.clone(),
            options: arguments.lab_options.clone(),
            chaos: arguments.chaos,
            started: AtomicU32::new(0),
        })
    }

    /// All that a verdict follows from.
    pub fn files(&self) -> Vec<PathBuf> {
        let programs = self.programs.iter().map(|(_, program)| program.clone());
        let own = env::current_exe().into_iter();
        // A lab that is found in PATH is the host's, with all that lies beside it.
        let beside = self.program.parent().unwrap_or(Path::new("")).to_owned();
        let besides = BESIDES.map(|name| beside.join(name)).into_iter();
        let besides = besides.filter(|program| program.is_file());
        programs.chain(own).chain(besides).chain([self.topology.clone()]).collect()
    }

    /// Runs the steps that the patterns name, and gives back how the lab ended.
    pub async fn run(
        &self,
        children: &Children,
        seeded: Option<(&str, &Defect)>,
        patterns: &[String],
        fail_fast: bool,
        (results, log): (&Path, &Path),
        within: Duration,
    ) -> Result<Ended, BisectError> {
        let mut command = Command::new(&self.program);
        let number = self.started.fetch_add(1, Ordering::Relaxed);
        command.args(["run", "--name", &format!("audit-{}-{number}", std::process::id())]);
        command.arg("--topology").arg(&self.topology).arg("--results").arg(results);
        // Beside other labs, who measures would measure them too.
        let lock = results.with_file_name(LOCK);
        command.arg("--exclusive-lock").arg(&lock);
        for (option, program) in &self.programs {
            command.arg(option);
            match program.ends_with(CLIENT) {
                // The sound one too, so that the script is tried before anything is judged by it.
                true => command.arg(wrapped(program, seeded, log)?),
                false => command.arg(program),
            };
        }
        if let Some((variable, defect)) = seeded.filter(|(_, defect)| defect.component != CLIENT) {
            let variable = format!("{}:{variable}={}", defect.component, defect.name);
            command.args(["--env", &variable]);
        }
        command.args(&self.options);
        match self.chaos {
            // A defect that is seen is enough; what shortens its plan takes longer than it.
            Some(seed) => command.args(["--", "chaos", "--seed", &seed.to_string()]).args([
                "--for",
                "1m",
                "--shrink-for",
                "0s",
            ]),
            None => command.args(["--", "run", "--seed", "1"]).arg("--exclusive-lock").arg(&lock),
        };
        for pattern in patterns.iter().filter(|_| self.chaos.is_none()) {
            command.args(["--only", pattern]);
        }
        if fail_fast {
            command.arg("--fail-fast");
        }
        if let Some(scale) = &self.timeout_scale {
            command.args(["--timeout-scale", scale]);
        }
        // What the caller's own runs are told is not for these.
        for variable in ["PERSYS_CLI", "PERSYS_REPRODUCE", "PERSYS_HOST_CHANNEL"] {
            command.env_remove(variable);
        }
        children.run(command, log, within).await
    }
}

/// A script that runs the client program, with a defect if it is to have one. The program lies
/// beside it: the machines of a lab see no other place of this one for sure.
fn wrapped(
    program: &Path,
    seeded: Option<(&str, &Defect)>,
    log: &Path,
) -> Result<PathBuf, BisectError> {
    let (script, own) = (log.with_extension("cli"), log.with_extension("cli.bin"));
    let shown = own.to_string_lossy();
    let quoted = shlex::try_quote(&shown)
        .map_err(|error| BisectError::usage(format!("failed to quote {shown}: {error}")))?;
    let environment = match seeded {
        Some((variable, defect)) if defect.component == CLIENT => {
            format!("{variable}={} ", defect.name)
        }
        _ => String::new(),
    };
    let text = format!("#!/bin/sh\n{environment}exec {quoted} \"$@\"\n");
    let written = fs::remove_file(&own)
        .or_else(|error| if own.exists() { Err(error) } else { Ok(()) })
        .and_then(|()| fs::hard_link(program, &own).or_else(|_| fs::copy(program, &own).map(drop)))
        .and_then(|()| fs::write(&script, text))
        .and_then(|()| fs::set_permissions(&script, fs::Permissions::from_mode(0o755)));
    written.map_err(|error| {
        BisectError::environment(format!("failed to write {}: {error}", script.display()))
    })?;
    Ok(script)
}

/// A file that was named, or one by its usual name here or above this program.
pub fn find(option: &str, named: Option<&Path>, usual: &str) -> Result<PathBuf, BisectError> {
    if let Some(file) = named {
        let file = absolute(file)?;
        let shown = file.display();
        return match file.is_file() {
            true => Ok(file),
            false => Err(BisectError::usage(format!("{option} {shown}: there is no such file"))),
        };
    }
    let here = absolute(Path::new(usual))?;
    let above = env::current_exe().unwrap_or_default();
    let all = [here].into_iter().chain(above.ancestors().map(|top| top.join(usual)));
    all.into_iter().find(|file| file.is_file()).ok_or_else(|| {
        BisectError::usage(format!(
            "there is no {usual} here or above this program: name one with {option}"
        ))
    })
}

fn absolute(path: &Path) -> Result<PathBuf, BisectError> {
    std::path::absolute(path)
        .map_err(|error| BisectError::usage(format!("failed to find {}: {error}", path.display())))
}
