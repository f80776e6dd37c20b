//! The lab back end: the platform's programs, the suite's own everything else.

use std::{
    env,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::process::Command;

use super::{
    BisectError, Judging,
    child::{Children, Ended},
    output::last_line,
    recipe::Recipe,
    step_name::StepName,
};

/// Everything that stays the same from commit to commit.
pub struct Lab {
    program: PathBuf,
    topology: PathBuf,
    timeout_scale: Option<String>,
    options: Vec<String>,
    within: Duration,
}

impl Lab {
    pub fn new(judging: &Judging) -> Result<Self, BisectError> {
        let program = match &judging.lab {
            Some(program) => absolute(program)?,
            None => beside_this("persys-lab").unwrap_or_else(|| "persys-lab".into()),
        };
        let topology = match &judging.topology {
            Some(file) => absolute(file)?,
            None => find_topology()?,
        };
        if !topology.is_file() {
            let shown = topology.display();
            return Err(BisectError::usage(format!("--topology {shown}: there is no such file")));
        }
        Ok(Self {
            program,
            topology,
            timeout_scale: judging.timeout_scale.clone(),
            options: judging.lab_options.clone(),
            within: Duration::from_secs(judging.run_within),
        })
    }

    /// Brings the platform up, runs the step and what it needs, and takes all down.
    /// An error is the text of why there is nothing to judge.
    pub async fn run(
        &self,
        children: &Children,
        judging: &Judging,
        (recipe, top): (&Recipe, &Path),
        step: &StepName,
        results: &Path,
        log: &Path,
    ) -> Result<Result<(), String>, BisectError> {
        let mut command = Command::new(&self.program);
        command.args(["run", "--name", &format!("bisect-{}", std::process::id())]);
        command.arg("--topology").arg(&self.topology).arg("--results").arg(results);
        for program in &judging.programs {
            command.arg(program.option()).arg(recipe.program(top, *program));
        }
        command.args(&self.options);
        command.args(["--", "run", "--only", &step.selection(), "--seed", "1"]);
        if let Some(scale) = &self.timeout_scale {
            command.args(["--timeout-scale", scale]);
        }
        // What the caller's own runs are told is not for these.
        for variable in ["PERSYS_CLI", "PERSYS_REPRODUCE", "PERSYS_HOST_CHANNEL"] {
            command.env_remove(variable);
        }
        let ended = children.run(command, log, self.within).await?;
        // 0 and 1 are verdicts, 4 is a run in which everything was skipped.
        let judged =
            matches!(ended, Ended::Status(status) if matches!(status.code(), Some(0 | 1 | 4)));
        Ok(if judged { Ok(()) } else { Err(format!("the lab's run: {ended}: {}", last_line(log))) })
    }
}

fn find_topology() -> Result<PathBuf, BisectError> {
    let here = absolute(Path::new("topology.json"))?;
    let above = env::current_exe().unwrap_or_default();
    let all = [here].into_iter().chain(above.ancestors().map(|top| top.join("topology.json")));
    all.into_iter().find(|file| file.is_file()).ok_or_else(|| {
        BisectError::usage(
            "there is no topology.json here or above this program: name one with --topology",
        )
    })
}

fn beside_this(name: &str) -> Option<PathBuf> {
    let path = env::current_exe().ok()?.parent()?.join(name);
    path.is_file().then_some(path)
}

fn absolute(path: &Path) -> Result<PathBuf, BisectError> {
    std::path::absolute(path).map_err(|error| BisectError::io("find", path, &error))
}
