//! A comparison, for a terminal.

use std::fmt;

use super::comparison::{Comparison, FigureChange, VerdictChange};
use crate::events::Verdict;

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for difference in &self.differences {
            writeln!(f, "not of a kind: {difference}")?;
        }
        section(f, "verdicts that changed", &self.verdicts)?;
        section(f, "durations that changed beyond noise", &self.durations)?;
        section(f, "measurements that changed beyond noise", &self.measurements)?;
        writeln!(
            f,
            "{} steps in both; the new run took {:.2} times as long, and a duration is told from \
             {:.2} times more or less than that",
            self.steps, self.pace, self.duration_noise
        )
    }
}

fn section<T: fmt::Display>(f: &mut fmt::Formatter<'_>, title: &str, lines: &[T]) -> fmt::Result {
    if lines.is_empty() {
        return writeln!(f, "no {title}");
    }
    writeln!(f, "{title}")?;
    lines.iter().try_for_each(|line| writeln!(f, "  {line}"))
}

impl fmt::Display for VerdictChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |verdict: Option<Verdict>| verdict.map_or("absent", Verdict::as_str);
        write!(f, "{}: {} -> {}", self.step, name(self.base), name(self.new))?;
        if self.message.is_empty() { Ok(()) } else { write!(f, "  {}", self.message) }
    }
}

impl fmt::Display for FigureChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, unit, base, new, ratio } = self;
        write!(f, "{name}: {base:.3} -> {new:.3} {unit}")?;
        match ratio {
            // A 0.00 would say nothing.
            Some(ratio) if *ratio < 1.0 => write!(f, " (1/{:.2})", 1.0 / ratio),
            Some(ratio) => write!(f, " ({ratio:.2} times)"),
            None => Ok(()),
        }
    }
}
