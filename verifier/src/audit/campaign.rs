//! Baseline first, then one defect after the other, several at a time.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    thread::available_parallelism,
    time::{Duration, Instant},
};

use futures::{StreamExt, TryStreamExt, stream};

use super::{
    Audit, AuditRecord, Defect, Judged, Outcome, Reasons, Registry,
    baseline::{measure, selections},
    fingerprint::{of_defect, of_programs},
    lab::Lab,
    reading::{outcome, summary},
    record::Baseline,
    report::write_reports,
};
use crate::{
    bisect::{BisectError, Children, Ended, Guard, last_line},
    engine::Interrupt,
    scenarios::chaos,
};

/// A run is given so long in any case: a failing step takes its whole budget.
const LEAST: Duration = Duration::from_secs(240);

/// How an audit ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conclusion {
    AllCaught,
    Missed,
    /// A step has caught nothing and nobody says why it stands, or has and is said to be idle.
    Unexplained,
    Unjudged,
    BaselineRed,
}

/// Everything that stays the same from defect to defect.
struct Campaign<'a> {
    arguments: &'a Audit,
    registry: &'a Registry,
    reasons: &'a Reasons,
    lab: Lab,
    children: Children,
    programs: String,
    folder: PathBuf,
    record: Mutex<AuditRecord>,
}

/// Judges these defects of a registry and writes what there is into the results' folder
/// after each of them.
pub async fn audit(
    arguments: &Audit,
    (registry, reasons): (&Registry, &Reasons),
    defects: &[&Defect],
    interrupt: Interrupt,
) -> Result<Conclusion, BisectError> {
    let folder = prepare(&arguments.folder(), arguments.resume)?;
    let file = folder.join("audit.json");
    let lab = Lab::new(arguments)?;
    let campaign = Campaign {
        programs: of_programs(&lab)?,
        record: Mutex::new(match arguments.resume {
            true => AuditRecord::read(&file)?,
            false => AuditRecord::new(),
        }),
        children: Children::new(interrupt, Guard::start(None)?),
        arguments,
        registry,
        reasons,
        lab,
        folder,
    };
    let concluded = campaign.run(defects).await;
    let written = campaign.write(defects);
    campaign.children.finish().await;
    let concluded = concluded?;
    written?;
    Ok(concluded)
}

impl Campaign<'_> {
    async fn run(&self, defects: &[&Defect]) -> Result<Conclusion, BisectError> {
        let due: Vec<&Defect> =
            defects.iter().copied().filter(|defect| self.is_due(defect)).collect();
        if due.len() < defects.len() {
            println!("{} were judged before, by the same programs", defects.len() - due.len());
        }
        let red = self.baselines(&due).await?;
        if !red.is_empty() {
            for (scenario, why) in red {
                println!("red      {scenario}: {why}");
            }
            return Ok(Conclusion::BaselineRed);
        }
        // One that measures has the machine for itself: side by side they would wait for one
        // another, and the wait would count as theirs.
        let (measuring, others): (Vec<&Defect>, Vec<&Defect>) =
            due.into_iter().partition(|defect| defect.measures);
        for (due, jobs) in [(others, self.jobs()), (measuring, 1)] {
            stream::iter(due)
                .map(|defect| self.judge(defect))
                .buffer_unordered(jobs)
                .try_for_each(|judged| async {
                    println!("{}", judged.line());
                    self.record().enter(judged);
                    self.write(defects)
                })
                .await?;
        }
        let concluded = conclude(defects, &self.record());
        Ok(match concluded {
            Conclusion::AllCaught if self.arguments.is_complete() => self.explained(),
            conclusion => conclusion,
        })
    }

    /// Whether every step has caught something or stands for a reason that is given.
    fn explained(&self) -> Conclusion {
        let record = self.record();
        let problems = self.reasons.problems(&record.idle_steps(), |step| record.has_caught(step));
        for problem in &problems {
            println!("idle     {problem}");
        }
        match problems.is_empty() {
            true => Conclusion::AllCaught,
            false => Conclusion::Unexplained,
        }
    }

    fn jobs(&self) -> usize {
        let given = self.arguments.jobs.map(usize::from);
        given.unwrap_or_else(|| available_parallelism().map_or(1, usize::from))
    }

    fn is_due(&self, defect: &Defect) -> bool {
        let fingerprint = self.fingerprint(defect);
        let known = self.record().of(&defect.name).cloned();
        !known.is_some_and(|known| {
            let certain = known.outcome.is_caught() || known.outcome == Outcome::Missed;
            certain && known.fingerprint == fingerprint
        })
    }

    fn fingerprint(&self, defect: &Defect) -> String {
        of_defect(&self.programs, defect, &self.options())
    }

    /// Those from which another verdict may follow.
    fn options(&self) -> String {
        let Audit { whole, timeout_scale, lab_options, chaos, .. } = self.arguments;
        format!("{whole} {timeout_scale:?} {lab_options:?} {chaos:?}")
    }

    /// Measures what is not known yet. What comes back is red.
    async fn baselines(&self, due: &[&Defect]) -> Result<BTreeMap<String, String>, BisectError> {
        let mut wanted = Vec::new();
        let meant: Vec<Defect> = due.iter().map(|defect| self.meant(defect)).collect();
        for (scenario, mut selection) in selections(meant.iter()) {
            if self.arguments.is_complete() {
                // What is idle can only be said of steps that are known to pass.
                selection = [scenario.clone()].into();
            }
            let fingerprint = format!("{} {} {}", self.programs, self.options(), selection.len());
            let known = self.record().baseline.get(&scenario).cloned();
            let covers = |known: &Baseline| {
                known.fingerprint == fingerprint
                    && selection.iter().all(|one| {
                        known.passed.contains_key(one)
                            || known.skipped.contains_key(one)
                            || *one == scenario && known.is_whole
                    })
            };
            if !known.as_ref().is_some_and(covers) {
                wanted.push((scenario, selection, fingerprint));
            }
        }
        let mut red = BTreeMap::new();
        let mut measuring = stream::iter(wanted)
            .map(|(scenario, selection, fingerprint)| async move {
                let name = format!("baseline-{scenario}");
                let (results, log) = self.places(&name)?;
                let places = (results.as_path(), log.as_path());
                let measured =
                    measure(&self.lab, &self.children, &selection, places, fingerprint).await?;
                Ok::<_, BisectError>((scenario, measured))
            })
            .buffer_unordered(self.jobs());
        while let Some((scenario, measured)) = measuring.try_next().await? {
            match measured {
                Ok(baseline) => {
                    println!("sound    {scenario:<38} {:6.1} s", baseline.seconds);
                    self.record().baseline.insert(scenario, baseline);
                }
                Err(why) => drop(red.insert(scenario, why)),
            }
        }
        Ok(red)
    }

    async fn judge(&self, defect: &Defect) -> Result<Judged, BisectError> {
        let begun = Instant::now();
        let (results, log) = self.places(&defect.name)?;
        let seeded = Some((self.registry.variable.as_str(), defect));
        let meant = self.meant(defect);
        let (patterns, within) = (defect.selections(), self.within(&meant));
        let places = (results.as_path(), log.as_path());
        let fail_fast = !self.arguments.whole;
        let mut ended =
            self.lab.run(&self.children, seeded, &patterns, fail_fast, places, within).await?;
        let mut seen = summary(&results).map(|run| outcome(&run, &meant));
        if fail_fast && seen.as_ref().is_ok_and(Outcome::is_elsewhere) {
            // Another step was the first to fail: whether those that ought to notice do is seen
            // when they are run too.
            self.places(&defect.name)?;
            ended = self.lab.run(&self.children, seeded, &patterns, false, places, within).await?;
            seen = summary(&results).map(|run| outcome(&run, &meant));
        }
        let outcome = match (ended, seen) {
            // What was caught before the time was up was caught.
            (_, Ok(caught @ Outcome::Caught { .. })) => caught,
            (Ended::TimedOut(after), _) => Outcome::Timeout { seconds: after.as_secs() },
            (_, Ok(outcome)) => outcome,
            (ended, Err(why)) => {
                Outcome::Unjudged { why: format!("{why}: {ended}: {}", last_line(&log)) }
            }
        };
        Ok(Judged {
            name: defect.name.clone(),
            outcome,
            seconds: begun.elapsed().as_secs_f64(),
            fingerprint: self.fingerprint(defect),
            results: format!("runs/{}", defect.name),
        })
    }

    /// The defect and who ought to notice it: where all is left to chaos, that.
    fn meant(&self, defect: &Defect) -> Defect {
        let steps = match self.arguments.chaos {
            Some(_) => vec![chaos::ID.to_owned()],
            None => defect.steps.clone(),
        };
        Defect { steps, ..defect.clone() }
    }

    /// The baseline's time, several times over.
    fn within(&self, defect: &Defect) -> Duration {
        let record = self.record();
        let scenarios = defect.scenarios();
        let baselines = scenarios.iter().filter_map(|name| record.baseline.get(name));
        let sound: f64 = baselines.map(|baseline| baseline.seconds).sum();
        Duration::from_secs_f64(sound * self.arguments.budget).max(LEAST)
    }

    /// An empty folder for a run's results, and a file for what it prints.
    fn places(&self, name: &str) -> Result<(PathBuf, PathBuf), BisectError> {
        let runs = self.folder.join("runs");
        let (results, log) = (runs.join(name), runs.join(format!("{name}.log")));
        for old in [&results, &log] {
            let removed = if old.is_dir() { fs::remove_dir_all(old) } else { fs::remove_file(old) };
            if let Err(error) = removed
                && error.kind() != std::io::ErrorKind::NotFound
            {
                return Err(failed("remove", old, &error));
            }
        }
        fs::create_dir_all(&runs).map_err(|error| failed("make", &runs, &error))?;
        Ok((results, log))
    }

    fn write(&self, defects: &[&Defect]) -> Result<(), BisectError> {
        let record = self.record();
        record.write(&self.folder.join("audit.json"))?;
        write_reports(&self.folder, &record, (self.registry, self.reasons), defects)
    }

    fn record(&self) -> std::sync::MutexGuard<'_, AuditRecord> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A defect that was missed says more than one that could not be judged.
pub fn conclude(defects: &[&Defect], record: &AuditRecord) -> Conclusion {
    let outcomes: Vec<_> = defects
        .iter()
        .map(|defect| record.of(&defect.name).map(|judged| &judged.outcome))
        .collect();
    if outcomes.contains(&Some(&Outcome::Missed)) {
        Conclusion::Missed
    } else if outcomes.iter().all(|one| one.is_some_and(Outcome::is_caught)) {
        Conclusion::AllCaught
    } else {
        Conclusion::Unjudged
    }
}

fn prepare(results: &Path, resume: bool) -> Result<PathBuf, BisectError> {
    let folder = std::path::absolute(results).map_err(|error| failed("find", results, &error))?;
    if !resume {
        keep_earlier(&folder)?;
    }
    fs::create_dir_all(&folder).map_err(|error| failed("make", results, &error))?;
    Ok(folder)
}

/// An audit takes long, and who begins anew may have meant to go on with it.
fn keep_earlier(folder: &Path) -> Result<(), BisectError> {
    let judges = |folder: &Path| {
        let record = AuditRecord::read(&folder.join("audit.json"));
        // What cannot be read may be worth something to somebody.
        record.map_or(true, |record| !record.judged.is_empty())
    };
    if !judges(folder) {
        return Ok(());
    }
    let old = folder.with_added_extension("old");
    if judges(&old) {
        fs::remove_dir_all(&old).map_err(|error| failed("remove", &old, &error))?;
    }
    fs::rename(folder, &old).map_err(|error| failed("put aside", folder, &error))?;
    println!("the earlier audit is in {} now; --resume would have gone on with it", old.display());
    Ok(())
}

fn failed(what: &str, path: &Path, error: &std::io::Error) -> BisectError {
    BisectError::environment(format!("failed to {what} {}: {error}", path.display()))
}
