//! The vm back end: the suite's flake, with the commit as its input `platform`.

use std::{
    env::consts::ARCH,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::process::Command;

use super::{BisectError, Judging, child::Children, output::last_line, step_name::StepName};

/// Everything that stays the same from commit to commit.
pub struct Vm {
    /// Up to the attribute.
    report: String,
    within: Duration,
}

impl Vm {
    pub fn new(judging: &Judging, step: &StepName) -> Result<Self, BisectError> {
        if judging.repeat > 1 {
            return Err(BisectError::usage(
                "--repeat needs --backend lab: Nix keeps a commit's result and runs it only once",
            ));
        }
        let group = judging.group.as_ref().unwrap_or(&step.scenario);
        let report = format!("{}#checks.{ARCH}-linux.{group}.report", judging.suite);
        let within = Duration::from_secs(judging.build_within + judging.run_within);
        Ok(Self { report, within })
    }

    /// Whether the commit's flake evaluates: what does not is not worth a second try.
    pub async fn evaluate(
        &self,
        children: &Children,
        input: &str,
        log: &Path,
    ) -> Result<Result<(), String>, BisectError> {
        let attribute = format!("{}.drvPath", self.report);
        let command = self.nix("eval", &attribute, input, &["--raw"]);
        let ended = children.run(command, log, self.within).await?;
        Ok(if ended.is_success() {
            Ok(())
        } else {
            Err(format!("does not evaluate: {ended}: {}", last_line(log)))
        })
    }

    /// Builds and runs everything; what comes back is the folder with the events. An
    /// error is the text of why there is none.
    pub async fn run(
        &self,
        children: &Children,
        input: &str,
        step: &StepName,
        (out, log): (&Path, &Path),
    ) -> Result<Result<PathBuf, String>, BisectError> {
        let link = out.to_string_lossy();
        let command = self.nix("build", &self.report, input, &["-L", "--out-link", &link]);
        let ended = children.run(command, log, self.within).await?;
        if !ended.is_success() {
            return Ok(Err(format!("nix build: {ended}: {}", last_line(log))));
        }
        let found = folders(out).into_iter().find(|folder| plans(folder, step));
        let none = || format!("{}: no run in it has planned {step}", out.display());
        Ok(found.ok_or_else(none))
    }

    fn nix(&self, verb: &str, attribute: &str, input: &str, options: &[&str]) -> Command {
        let mut command = Command::new("nix");
        command.args(["--extra-experimental-features", "nix-command flakes", verb, attribute]);
        command.args(["--override-input", "platform", input, "--no-write-lock-file"]);
        command.args(options);
        command
    }
}

/// The platform's commit as a flake input. The clone's HEAD is there, so Nix need
/// not look for the commit on any branch.
pub fn input(checkout: &Path, commit: &str) -> Result<String, BisectError> {
    let path =
        checkout.canonicalize().map_err(|error| BisectError::io("find", checkout, &error))?;
    Ok(format!("git+file://{}?rev={commit}", path.display()))
}

/// The output itself, and the folders in it: runs that share a boot share an output.
fn folders(out: &Path) -> Vec<PathBuf> {
    let mut all = vec![out.to_owned()];
    let mut inner: Vec<PathBuf> = fs::read_dir(out)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.join("events.jsonl").is_file())
        .collect();
    inner.sort();
    all.append(&mut inner);
    all
}

fn plans(folder: &Path, step: &StepName) -> bool {
    let events = crate::events::read_events(&folder.join("events.jsonl"));
    events.is_ok_and(|events| super::reading::find(&crate::report::fold(&events), step).is_some())
}
