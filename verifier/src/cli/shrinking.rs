//! Looks for a shorter plan that still fails, and tells how the failure came about.

use std::{
    collections::BTreeSet,
    fs,
    io::Write,
    path::{Path, PathBuf},
    time::Instant,
};

use super::{Exit, chaos::Job, reproduce::chaos_command};
use crate::{
    atomic_file::replace_file,
    chaos::{ChaosOrder, ChaosPlan, Ending, Line, Shrunk, TrialVerdict, around, shrink as search},
    events::{Verdict, read_events},
    report::{ResultsFolder, RunSummary, fold},
};

/// What a plan takes besides its own time, at least: coming back to the beginning, and the look
/// at everything in the end.
const BESIDES: std::time::Duration = std::time::Duration::from_secs(25);
/// So much before and after a failure is told.
const BEFORE_MS: u64 = 15_000;
const AFTER_MS: u64 = 1000;
/// Lines of it, and of the plan, on the screen.
const SHOWN: usize = 40;
/// Nothing is learnt from a plan that fails in one of these.
const NO_VERDICT: [&str; 3] = ["platform-whole", "invariants", "clean-up"];

pub fn shrink(job: &Job<'_>, order: &ChaosOrder, folder: &Path) {
    match Failure::read(folder) {
        Ok(failure) => failure.shrink(job, order, folder),
        Err(error) => eprintln!("note: no shorter plan is looked for: {error}"),
    }
}

/// A plan that failed, and how.
struct Failure {
    plan: ChaosPlan,
    /// The steps that did.
    steps: BTreeSet<String>,
    lines: Vec<Line>,
}

impl Failure {
    fn read(folder: &Path) -> anyhow::Result<Self> {
        let plan = fs::read_to_string(folder.join(ChaosOrder::PLAN_FILE))?;
        let plan = ChaosPlan::parse(&plan).map_err(anyhow::Error::msg)?;
        let text = fs::read_to_string(folder.join(ChaosOrder::HISTORY_FILE))?;
        let lines = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
        let steps = failed(&summary(folder)?);
        anyhow::ensure!(!steps.is_empty(), "it did not fail in what follows from a plan");
        Ok(Self { plan, steps, lines })
    }

    /// When the first violation was seen, if it was seen on the way.
    fn at_ms(&self) -> Option<u64> {
        let seen = self.lines.iter().filter_map(|line| match line {
            Line::Violated { violation } => violation.at_ms,
            _ => None,
        });
        seen.min()
    }

    fn shrink(&self, job: &Job<'_>, order: &ChaosOrder, folder: &Path) {
        let begun = Instant::now();
        let patience = job.arguments.shrink_for;
        eprintln!("looking for a shorter plan that still fails, for {} s", patience.as_secs());
        let (mut number, mut shortest) = (0, folder.to_owned());
        let mut interrupted = false;
        let shrunk = search(&self.plan, self.at_ms(), |plan| {
            let left = patience.saturating_sub(begun.elapsed());
            if interrupted || plan.duration() + BESIDES > left {
                return None;
            }
            number += 1;
            let place = folder.join("shrink").join(format!("{number:02}"));
            let next = ChaosOrder { plan: Some(plan.clone()), fresh: true, ..order.clone() };
            let exit = job.run(next, place.clone(), true);
            interrupted = exit == Exit::Interrupted;
            let verdict = self.verdict(&place, exit);
            say_trial(number, plan, &verdict);
            if matches!(verdict, TrialVerdict::Fails(_)) {
                shortest = place;
            }
            Some(verdict)
        });
        let text = self.tell(job, &shrunk, &shortest, folder);
        let _ = std::io::stdout().write_all(text.as_bytes());
        if let Err(error) = replace_file(&folder.join("shrunk.txt"), text.as_bytes()) {
            eprintln!("error: failed to write shrunk.txt: {error}");
        }
    }

    /// A plan fails if it fails in the same way: in one of the same steps.
    fn verdict(&self, place: &Path, exit: Exit) -> TrialVerdict {
        let run = match summary(place) {
            Ok(run) => run,
            Err(error) => return TrialVerdict::Unjudged(error.to_string()),
        };
        let same = |id: &str| self.steps.contains(id);
        let bad = run
            .steps()
            .map(|(_, step)| step)
            .find(|step| same(&step.id) && step.verdict() == Verdict::Failed);
        match (bad, exit) {
            (Some(step), _) => TrialVerdict::Fails(format!("{}: {}", step.id, step.headline())),
            (None, Exit::Passed | Exit::CheckFailed) if began(&run) => TrialVerdict::Passes,
            // A plan with nothing to disturb cannot be what fails.
            (None, Exit::Environment) if proves_nothing(&run) => TrialVerdict::Passes,
            _ => TrialVerdict::Unjudged(first_bad(&run)),
        }
    }

    /// What was found, and how to have it again.
    fn tell(&self, job: &Job<'_>, shrunk: &Shrunk, shortest: &Path, folder: &Path) -> String {
        let file = folder.join("shrunk-plan.json");
        let written = replace_file(&file, shrunk.plan.to_text().as_bytes());
        let (entries, all) = (shrunk.plan.entries.len(), self.plan.entries.len());
        let seconds = shrunk.plan.duration_ms as f64 / 1000.0;
        let ending = match &shrunk.ending {
            Ending::Shortest => "no shorter one fails".to_owned(),
            Ending::OutOfTime => "the time for looking was over (--shrink-for)".to_owned(),
            Ending::Intermittent => {
                "the failure did not come again: it depends on more than the plan".to_owned()
            }
            Ending::Stuck(why) => {
                format!("the platform did not come back to where it began: {why}")
            }
        };
        let mut text = format!(
            "SHRUNK  seed {} · {entries} of {all} entries fail, in {seconds:.1} s · {} trials; {ending}\n",
            self.plan.seed,
            shrunk.trials.len()
        );
        let shown = shrunk.plan.entries.iter().map(ToString::to_string).collect();
        section(&mut text, "the plan", shown);
        let lines = Self::read(shortest).map_or_else(|_| self.lines.clone(), |read| read.lines);
        section(&mut text, "what happened up to the failure", story(&lines));
        let options = match written {
            Ok(()) => vec!["--plan".to_owned(), file.display().to_string()],
            Err(_) => vec!["--seed".to_owned(), self.plan.seed.to_string()],
        };
        text.push_str(&format!("  results  {}\n", shortest.display()));
        text.push_str(&format!("  again    {}\n", chaos_command(&job.arguments.setting, &options)));
        text
    }
}

/// What happened around the first violation; around the end where it was only seen there.
fn story(lines: &[Line]) -> Vec<String> {
    let seen = lines.iter().filter_map(|line| match line {
        Line::Violated { violation } => violation.at_ms,
        _ => None,
    });
    let last = lines.iter().filter_map(Line::at_ms).max().unwrap_or_default();
    let at_ms = seen.min().unwrap_or(last);
    let mut told = around(lines, at_ms.saturating_sub(BEFORE_MS), at_ms + AFTER_MS);
    let ends = lines.iter().filter_map(|line| match line {
        Line::Violated { violation } if violation.at_ms.is_none() => {
            Some(format!("in the end  VIOLATED {}: {}", violation.invariant, violation.text))
        }
        _ => None,
    });
    told.extend(ends);
    told
}

/// The last lines count most: what fails is at the end.
fn section(text: &mut String, title: &str, lines: Vec<String>) {
    text.push_str(&format!("  {title}:\n"));
    let hidden = lines.len().saturating_sub(SHOWN);
    if hidden > 0 {
        text.push_str(&format!("    … {hidden} more before, in the results\n"));
    }
    for line in &lines[hidden..] {
        text.push_str(&format!("    {line}\n"));
    }
}

fn say_trial(number: usize, plan: &ChaosPlan, verdict: &TrialVerdict) {
    let (entries, seconds) = (plan.entries.len(), plan.duration_ms as f64 / 1000.0);
    let verdict = match verdict {
        TrialVerdict::Fails(how) => format!("fails: {how}"),
        TrialVerdict::Passes => "passes".to_owned(),
        TrialVerdict::Unjudged(why) => format!("cannot be judged: {why}"),
    };
    eprintln!("  trial {number}: {entries} entries in {seconds:.1} s: {verdict}");
}

fn summary(folder: &Path) -> anyhow::Result<RunSummary> {
    let folder: PathBuf = folder.to_owned();
    Ok(fold(&read_events(&ResultsFolder::existing(&folder).events())?))
}

fn failed(run: &RunSummary) -> BTreeSet<String> {
    let steps = run.steps().map(|(_, step)| step);
    let failed = steps.filter(|step| step.verdict() == Verdict::Failed);
    failed.map(|step| step.id.clone()).filter(|id| !NO_VERDICT.contains(&id.as_str())).collect()
}

/// Whether the plan was carried out at all.
fn began(run: &RunSummary) -> bool {
    run.steps().any(|(_, step)| step.id == "plan-carried-out" && step.verdict() == Verdict::Passed)
}

fn proves_nothing(run: &RunSummary) -> bool {
    run.steps().any(|(_, step)| {
        step.id == "plan-carried-out"
            && step.verdict() == Verdict::Error
            && (step.message().starts_with("nothing was disturbed")
                || step.message().starts_with("the plan has no operation"))
    })
}

fn first_bad(run: &RunSummary) -> String {
    let bad = run.steps().find(|(_, step)| step.verdict() > Verdict::Skipped);
    bad.map_or_else(
        || "nothing ran".to_owned(),
        |(_, step)| format!("{}: {}", step.id, step.headline()),
    )
}
