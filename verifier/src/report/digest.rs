//! The last thing a run prints: what happened, why, and what to do next, on at
//! most twenty lines.

use std::path::Path;

use console::Style;

use super::{
    log_hint::hint,
    plain_text::{clean_line, span},
    summary::{Counts, RunSummary, StepSummary},
};
use crate::events::{NOT_IN_ORDER, RunOutcome, Verdict};

const LINES_MAX: usize = 20;
/// Lines for skipped steps and for notes at most.
const SKIPPED_MAX: usize = 4;
const NOTES_MAX: usize = 3;
/// Characters of a line where nobody says how wide the screen is.
const WIDTH: usize = 160;
/// Of a command, all that a terminal takes on one line.
const COMMAND_MAX: usize = 4000;
/// A failure's own line may be longer: its end is the last status.
const FAILURE_WIDTH: usize = 3 * WIDTH;

/// Colours and width of where it is shown.
#[derive(Clone, Copy, Debug)]
pub struct Paint {
    colours: bool,
    width: usize,
}

impl Paint {
    pub const fn plain() -> Self {
        Self { colours: false, width: WIDTH }
    }

    /// As the terminal on standard output wants it.
    pub fn stdout() -> Self {
        let term = console::Term::stdout();
        let width = term.size_checked().map_or(WIDTH, |(_, columns)| usize::from(columns));
        let colours = console::colors_enabled() && term.is_term();
        Self { colours, width: width.clamp(60, WIDTH) }
    }

    fn apply(self, style: &Style, text: &str) -> String {
        style.clone().force_styling(self.colours).apply_to(text).to_string()
    }
}

pub struct Digest<'a> {
    run: &'a RunSummary,
    folder: &'a Path,
}

/// Steps of which the same is to be told.
struct Group<'a> {
    verdict: Verdict,
    headline: String,
    steps: Vec<String>,
    first: &'a StepSummary,
}

impl<'a> Digest<'a> {
    pub fn new(run: &'a RunSummary, folder: &'a Path) -> Self {
        Self { run, folder }
    }

    pub fn render(&self, paint: Paint) -> String {
        let mut tail = self.skipped(paint);
        tail.extend(self.notes(paint));
        tail.extend(self.slowest(paint));
        tail.push(self.field(paint, "report", &self.report()));
        if let Some(again) = self.again() {
            // A command is of no use when its end is cut off.
            tail.push(format!("  {:<8} {again}", "again"));
        }
        let mut lines = vec![self.headline(paint)];
        lines.extend(self.bad(paint, LINES_MAX - lines.len() - tail.len()));
        lines.extend(tail);
        lines.join("\n") + "\n"
    }

    fn headline(&self, paint: Paint) -> String {
        let (word, style) = match self.run.outcome() {
            RunOutcome::Passed => ("PASSED", Style::new().green().bold()),
            RunOutcome::Failed => ("FAILED", Style::new().red().bold()),
            RunOutcome::Error if self.run.finished.is_none() => {
                ("INCOMPLETE", Style::new().red().bold())
            }
            RunOutcome::Error => ("ERROR", Style::new().red().bold()),
            RunOutcome::Interrupted => ("INTERRUPTED", Style::new().yellow().bold()),
            RunOutcome::NothingRan => ("NOTHING WAS PROVED", Style::new().yellow().bold()),
        };
        let counts = self.run.step_counts();
        let scenarios = self.run.scenarios.len();
        let shard = &self.run.started.shard;
        let shard = shard.as_ref().map(|shard| format!(" · shard {}/{}", shard.index, shard.of));
        format!(
            "{}  {} · {scenarios} {}, {}{} · run {}",
            paint.apply(&style, word),
            verdicts(counts),
            if scenarios == 1 { "scenario" } else { "scenarios" },
            span(self.run.duration_ms()),
            shard.unwrap_or_default(),
            clean_line(&self.run.started.run_id, WIDTH),
        )
    }

    /// Failures before errors; steps of which the same is told share a line.
    fn bad(&self, paint: Paint, most: usize) -> Vec<String> {
        let mut groups = self.groups(|verdict| verdict > Verdict::Skipped);
        groups.sort_by_key(|group| std::cmp::Reverse(group.verdict));
        let room = if groups.len() > most { most.saturating_sub(1) } else { most };
        let left_out: usize = groups.iter().skip(room).map(|group| group.steps.len()).sum();
        // What is not needed for other steps tells more of the first ones.
        let mut spare = most.saturating_sub(groups.len());
        let mut lines: Vec<String> = Vec::new();
        for group in groups.iter().take(room) {
            lines.push(Self::told(group, paint));
            for more in self.details(group.first).into_iter().take(spare) {
                spare -= 1;
                let more = clean_tail(&format!("      {more}"), paint.width);
                lines.push(paint.apply(&Style::new().dim(), &more));
            }
        }
        if left_out > 0 {
            lines.push(format!("  … and {left_out} more; see the report"));
        }
        lines
    }

    fn told(group: &Group<'_>, paint: Paint) -> String {
        let (mark, style) = match group.verdict {
            Verdict::Failed => ("✗", Style::new().red()),
            Verdict::Flaky => ("~", Style::new().yellow()),
            Verdict::Quarantined => ("?", Style::new().yellow()),
            _ => ("!", Style::new().red()),
        };
        let names = match &group.steps[..] {
            [first, rest @ ..] if !rest.is_empty() => format!("{first} and {} more", rest.len()),
            all => all.concat(),
        };
        let kind = if group.verdict == Verdict::Error { "error: " } else { "" };
        let line = format!("  {mark} {names}: {kind}{}", group.headline);
        clean_tail(&line, FAILURE_WIDTH).replacen(mark, &paint.apply(&style, mark), 1)
    }

    /// How a wait went, and what was logged meanwhile.
    fn details(&self, step: &StepSummary) -> Vec<String> {
        let Some(attempt) =
            step.attempts.iter().find(|attempt| attempt.verdict.is_some_and(Verdict::went_wrong))
        else {
            return Vec::new();
        };
        let mut lines =
            attempt.message.lines().skip(1).map(|line| line.trim().trim_end_matches(':'));
        let waited = lines.next().filter(|line| line.starts_with("waited "));
        // The age of the last change tells most, and the end of a line may be cut off.
        let changed = lines.next().filter(|line| line.starts_with("the status last "));
        let waited =
            waited.map(|waited| changed.into_iter().chain([waited]).collect::<Vec<_>>().join("; "));
        let ailing =
            attempt.message.lines().map(str::trim).find(|line| line.starts_with(NOT_IN_ORDER));
        let logged = hint(&attempt.logs, |machine| self.speaks_of(&attempt.message, machine));
        let logged = logged.map(|hint| format!("log: {hint}"));
        ailing.map(str::to_owned).into_iter().chain(logged).chain(waited).collect()
    }

    /// Whether a message names a machine, or its address.
    fn speaks_of(&self, message: &str, machine: &str) -> bool {
        let address = self.run.started.machines.get(machine);
        message
            .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '.'))
            .map(|word| word.trim_end_matches('.'))
            .any(|word| word == machine || address.is_some_and(|address| address == word))
    }

    fn skipped(&self, paint: Paint) -> Vec<String> {
        let mut groups = self.groups(|verdict| verdict == Verdict::Skipped);
        groups.sort_by_key(|group| std::cmp::Reverse(group.steps.len()));
        let room = if groups.len() > SKIPPED_MAX { SKIPPED_MAX - 1 } else { SKIPPED_MAX };
        let mut lines: Vec<String> = groups
            .iter()
            .take(room)
            .map(|group| {
                let text =
                    format!("{} {}: {}", group.steps.len(), group.headline, group.steps.join(", "));
                self.field(paint, "skipped", &text)
            })
            .collect();
        let left_out: usize = groups.iter().skip(room).map(|group| group.steps.len()).sum();
        if left_out > 0 {
            lines.push(self.field(paint, "skipped", &format!("{left_out} more for other reasons")));
        }
        lines
    }

    fn notes(&self, paint: Paint) -> Vec<String> {
        let notes = &self.run.notes;
        let room = if notes.len() > NOTES_MAX { NOTES_MAX - 1 } else { NOTES_MAX };
        let mut lines: Vec<String> =
            notes.iter().take(room).map(|note| self.field(paint, "note", note)).collect();
        if notes.len() > room {
            let text = format!("{} more; see the report", notes.len() - room);
            lines.push(self.field(paint, "note", &text));
        }
        lines
    }

    /// Where the time went, of a run that is otherwise of no interest.
    fn slowest(&self, paint: Paint) -> Option<String> {
        if self.run.outcome() != RunOutcome::Passed {
            return None;
        }
        let mut steps: Vec<(f64, String)> = self
            .run
            .steps()
            .map(|(scenario, step)| (step.duration_ms(), format!("{}/{}", scenario.id, step.id)))
            .filter(|(ms, _)| *ms >= 1000.0)
            .collect();
        steps.sort_by(|a, b| b.0.total_cmp(&a.0));
        let texts: Vec<String> =
            steps.iter().take(3).map(|(ms, name)| format!("{name} {}", span(*ms))).collect();
        (!texts.is_empty()).then(|| self.field(paint, "slowest", &texts.join(", ")))
    }

    fn report(&self) -> String {
        let folder = self.folder.display();
        format!("{folder}/index.html (junit.xml, report.json, events.jsonl, logs/)")
    }

    /// The command that runs the first bad step again.
    fn again(&self) -> Option<String> {
        let reproduce = &self.run.started.reproduce;
        let steps: Vec<String> = self
            .run
            .steps()
            .filter(|(_, step)| step.verdict() > Verdict::Quarantined)
            .filter(|(_, step)| !step.attempts.is_empty())
            .map(|(scenario, step)| format!("{}/{}", scenario.id, step.id))
            .collect();
        let first = steps.first()?;
        // The testcases that every scenario has come with any step of it.
        let name = match first.split_once('/') {
            Some((scenario, "invariants" | "clean-up")) => scenario,
            _ => first,
        };
        (!reproduce.is_empty()).then(|| clean_line(&reproduce.replace("{step}", name), COMMAND_MAX))
    }

    fn field(&self, paint: Paint, name: &str, text: &str) -> String {
        let line = clean_tail(&format!("  {name:<8} {text}"), paint.width);
        line.replacen(name, &paint.apply(&Style::new().dim(), name), 1)
    }

    fn groups(&self, wanted: impl Fn(Verdict) -> bool) -> Vec<Group<'_>> {
        let mut groups: Vec<Group<'_>> = Vec::new();
        for (scenario, step) in self.run.steps().filter(|(_, step)| wanted(step.verdict())) {
            let (verdict, mut headline) = (step.verdict(), step.headline());
            // Steps that are skipped for the same root are told together.
            if let Some(at) = headline.find(" (through ").filter(|_| verdict == Verdict::Skipped) {
                headline.truncate(at);
            }
            let name = format!("{}/{}", scenario.id, step.id);
            let same =
                |group: &&mut Group<'_>| group.verdict == verdict && group.headline == headline;
            match groups.iter_mut().find(same) {
                Some(group) => group.steps.push(name),
                None => groups.push(Group { verdict, headline, steps: vec![name], first: step }),
            }
        }
        groups
    }
}

/// One line, its leading blanks kept.
fn clean_tail(line: &str, width: usize) -> String {
    let text = line.trim_start();
    let indent = line.len() - text.len();
    let (name, rest) = text.split_at(text.find(' ').unwrap_or(text.len()));
    let padding: String = rest.chars().take_while(|c| *c == ' ').collect();
    let used = indent + name.chars().count() + padding.len();
    let rest = clean_line(rest, width.saturating_sub(used).max(20));
    format!("{:indent$}{name}{padding}{rest}", "")
}

/// `3 failed, 1 error, 27 passed, 2 skipped of 33 steps`
fn verdicts(counts: Counts) -> String {
    let parts = [
        (counts.failed, "failed"),
        (counts.errors, if counts.errors == 1 { "error" } else { "errors" }),
        (counts.flaky, "flaky"),
        (counts.quarantined, "quarantined"),
        (counts.passed, "passed"),
        (counts.skipped, "skipped"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, name)| format!("{n} {name}")).collect();
    match counts.total {
        0 => "no steps".to_owned(),
        total => format!("{} of {total} steps", parts.join(", ")),
    }
}

#[cfg(test)]
#[path = "digest_tests.rs"]
mod tests;
