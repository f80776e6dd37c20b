//! Judges one commit: builds it, runs the step, reads what the run says.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use super::{
    BisectError, JudgeArguments, Judged, Judgement, Judging,
    arguments::Backend,
    child::Children,
    git::{Git, short},
    guard::Guard,
    lab::Lab,
    output::last_line,
    reading::{Reading, read},
    recipe::Recipe,
    step_name::StepName,
    vm::{self, Vm},
};
use crate::{engine::Interrupt, plan::Scenario};

/// What every commit is judged by.
pub struct Judge<'a> {
    children: &'a Children,
    judging: &'a Judging,
    step: StepName,
    machines: Machines,
}

enum Machines {
    Lab(Lab),
    Vm(Vm),
}

impl<'a> Judge<'a> {
    pub fn new(
        children: &'a Children,
        judging: &'a Judging,
        step: StepName,
    ) -> Result<Self, BisectError> {
        Recipe::check(judging)?;
        let machines = match judging.backend {
            Backend::Lab => Machines::Lab(Lab::new(judging)?),
            Backend::Vm => Machines::Vm(Vm::new(judging, &step)?),
        };
        Ok(Self { children, judging, step, machines })
    }

    /// Judges what is checked out at `top`. Logs and results go to `folder`.
    pub async fn judge(
        &self,
        top: &Path,
        commit: &str,
        folder: &Path,
    ) -> Result<Judged, BisectError> {
        let begun = Instant::now();
        fs::create_dir_all(folder).map_err(|error| BisectError::io("make", folder, &error))?;
        let (reading, results) = match &self.machines {
            Machines::Lab(lab) => self.in_lab(lab, top, commit, folder).await?,
            Machines::Vm(vm) => self.in_vms(vm, top, commit, folder).await?,
        };
        let (judgement, reason) = match reading {
            Reading::Good(reason) => (Judgement::Good, reason),
            Reading::Bad(reason) => (Judgement::Bad, reason),
            Reading::Skip(reason) => (Judgement::Skip, reason),
            Reading::Incomplete(reason) => (Judgement::Skip, format!("twice: {reason}")),
        };
        Ok(Judged { judgement, reason, results, took: begun.elapsed() })
    }

    async fn in_lab(
        &self,
        lab: &Lab,
        top: &Path,
        commit: &str,
        folder: &Path,
    ) -> Result<(Reading, Option<PathBuf>), BisectError> {
        let recipe = match Recipe::of(top, self.judging) {
            Ok(recipe) => recipe,
            Err(error) => return Ok((Reading::Skip(error.message), None)),
        };
        if let Some(problem) = self.build(&recipe, top, commit, folder).await? {
            return Ok((Reading::Skip(problem), None));
        }
        // One failure is enough; what cannot be judged counts before what passed.
        let mut worst: Option<(Reading, PathBuf)> = None;
        for n in 1..=self.judging.repeat {
            let run = self.twice(lab, (&recipe, top), folder, n).await?;
            let failed = matches!(run.0, Reading::Bad(_));
            if failed || !matches!(run.0, Reading::Good(_)) || worst.is_none() {
                worst = Some(run);
            }
            if failed {
                break;
            }
        }
        let unknown = || (Reading::Skip("it was not run".to_owned()), None);
        Ok(worst.map_or_else(unknown, |(reading, results)| (reading, Some(results))))
    }

    /// Why the commit has no programs.
    async fn build(
        &self,
        recipe: &Recipe,
        top: &Path,
        commit: &str,
        folder: &Path,
    ) -> Result<Option<String>, BisectError> {
        let programs = &self.judging.programs;
        recipe.forget(top, programs)?;
        let log = folder.join("build.log");
        let within = Duration::from_secs(self.judging.build_within);
        let ended = self.children.run(recipe.command(top, commit), &log, within).await?;
        if !ended.is_success() {
            return Ok(Some(format!("does not build: {ended}: {}", last_line(&log))));
        }
        let missing = recipe.missing(top, programs);
        let bin_dir = recipe.bin_dir.display();
        Ok((!missing.is_empty()).then(|| {
            format!("does not build: the build left no {} in {bin_dir}", missing.join(", "))
        }))
    }

    /// A run, and another one if the first is incomplete.
    async fn twice(
        &self,
        lab: &Lab,
        built: (&Recipe, &Path),
        folder: &Path,
        n: u32,
    ) -> Result<(Reading, PathBuf), BisectError> {
        let (first, again) = (format!("run-{n}"), format!("run-{n}-again"));
        let mut last = None;
        for name in [first, again] {
            let (results, log) = (folder.join(&name), folder.join(format!("{name}.log")));
            let (judging, step) = (self.judging, &self.step);
            let ran = lab.run(self.children, judging, built, step, &results, &log).await?;
            let reading = match ran {
                Ok(()) => read(&results, step),
                Err(why) => match read(&results, step) {
                    // The step's own error says more than the exit code.
                    Reading::Incomplete(more) => Reading::Incomplete(format!("{more}; {why}")),
                    _ => Reading::Incomplete(why),
                },
            };
            let complete = !matches!(reading, Reading::Incomplete(_));
            last = Some((reading, results));
            if complete {
                break;
            }
        }
        last.ok_or_else(|| BisectError::environment("nothing was run"))
    }

    async fn in_vms(
        &self,
        vm: &Vm,
        top: &Path,
        commit: &str,
        folder: &Path,
    ) -> Result<(Reading, Option<PathBuf>), BisectError> {
        let (input, log) = (vm::input(top, commit)?, folder.join("nix.log"));
        if let Err(problem) = vm.evaluate(self.children, &input, &log).await? {
            return Ok((Reading::Skip(problem), None));
        }
        let mut last = Reading::Incomplete("nothing was run".to_owned());
        // What was built stays, so the second try does again only what failed.
        for _ in 0..2 {
            let out = folder.join("report");
            let reading = match vm.run(self.children, &input, &self.step, (&out, &log)).await? {
                Ok(results) => {
                    let reading = read(&results, &self.step);
                    if !matches!(reading, Reading::Incomplete(_)) {
                        return Ok((reading, Some(results)));
                    }
                    reading
                }
                Err(why) => Reading::Incomplete(why),
            };
            last = reading;
        }
        Ok((last, None))
    }
}

/// `persys-verifier judge`: the checkout as it is, for `git bisect run`.
pub async fn judge(
    arguments: &JudgeArguments,
    table: &[&'static Scenario],
    interrupt: Interrupt,
    folder: &Path,
) -> Result<Judgement, BisectError> {
    let step = StepName::find(&arguments.judging.step, table)?;
    let children = Children::new(interrupt, Guard::start(None)?);
    let judged = async {
        let judge = Judge::new(&children, &arguments.judging, step)?;
        let git = Git::new(&children, &arguments.repo);
        let words = ["rev-parse", "--show-toplevel"];
        let top = git.ask("find the platform's top folder", words).await?;
        let commit = git.commit("--repo", "HEAD").await?;
        let judged = judge.judge(Path::new(&top), &commit, folder).await?;
        eprintln!("{}  {}  {}", short(&commit), judged.judgement.as_str(), judged.reason);
        eprintln!("logs and results: {}", folder.display());
        Ok(judged.judgement)
    }
    .await;
    children.finish().await;
    judged
}
