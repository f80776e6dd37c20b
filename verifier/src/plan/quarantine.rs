//! Steps that are known to go wrong and are put up with until a day, each with somebody who owns it.
//!
//! A run shows them and does not fail for them. When the day is over they count again, so that
//! nobody has to remember them.

use std::{collections::BTreeMap, fmt, fs, path::Path};

use serde::Deserialize;
use time::{Date, format_description::well_known::Iso8601};

use super::{Pattern, Scenario};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    quarantine: Vec<Entry>,
}

/// Steps that go wrong for the same reason.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    steps: Vec<String>,
    owner: String,
    why: String,
    /// The last day, `2026-12-31`, in UTC.
    until: String,
}

/// Why a list of them cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("failed to use {file}: {problem}")]
pub struct QuarantineError {
    file: String,
    problem: String,
}

impl QuarantineError {
    fn new(file: &Path, problem: String) -> Self {
        Self { file: file.display().to_string(), problem }
    }
}

/// `until 2026-12-31 (storage team: the disk's end is not told)`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    pub owner: String,
    pub why: String,
    pub until: Date,
}

impl fmt::Display for Quarantined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "until {} ({}: {})", self.until, self.owner, self.why)
    }
}

/// What there is on one day, by `SCENARIO/STEP`.
#[derive(Clone, Debug, Default)]
pub struct Quarantine {
    current: BTreeMap<String, Quarantined>,
    over: BTreeMap<String, Quarantined>,
}

impl Quarantine {
    /// Reads a list and checks it against the suite's steps.
    pub fn read(file: &Path, table: &[&Scenario], today: Date) -> Result<Self, QuarantineError> {
        match fs::read_to_string(file) {
            Ok(text) => Self::parse(file, &text, table, today),
            Err(error) => Err(QuarantineError::new(file, error.to_string())),
        }
    }

    /// The same of a text that was read already.
    pub fn parse(
        file: &Path,
        text: &str,
        table: &[&Scenario],
        today: Date,
    ) -> Result<Self, QuarantineError> {
        let entries: Result<File, _> = serde_json::from_str(text);
        entries
            .map_err(|error| error.to_string())
            .and_then(|entries| Self::of_entries(entries.quarantine, table, today))
            .map_err(|problem| QuarantineError::new(file, problem))
    }

    fn of_entries(entries: Vec<Entry>, table: &[&Scenario], today: Date) -> Result<Self, String> {
        let mut quarantine = Self::default();
        for Entry { steps, owner, why, until } in entries {
            if steps.is_empty() {
                return Err("steps: name at least one".to_owned());
            }
            for (field, value) in [("owner", &owner), ("why", &why)] {
                if value.trim().is_empty() {
                    return Err(format!("{field} of {}: say it", steps.join(", ")));
                }
            }
            let until = Date::parse(&until, &Iso8601::DATE).map_err(|_| {
                let steps = steps.join(", ");
                format!("until of {steps}: {until:?} is no day; write it like 2026-12-31")
            })?;
            for step in steps {
                let Ok(pattern) = step.parse::<Pattern>();
                if pattern.step.is_none() || !pattern.is_known(table) {
                    let mend = "`persys-verifier list` shows what there is";
                    return Err(format!("steps: {step:?} is no SCENARIO/STEP; {mend}"));
                }
                if quarantine.of(&step).is_some() {
                    return Err(format!("steps: {step} is there twice"));
                }
                let known = Quarantined { owner: owner.clone(), why: why.clone(), until };
                let over = until < today;
                let list = if over { &mut quarantine.over } else { &mut quarantine.current };
                list.insert(step, known);
            }
        }
        Ok(quarantine)
    }

    /// What is said of a step that may go wrong for now.
    pub fn current(&self, scenario: &str, step: &str) -> Option<&Quarantined> {
        self.current.get(&format!("{scenario}/{step}"))
    }

    /// What is said of a step that might go wrong until the day that is over.
    pub fn over(&self, scenario: &str, step: &str) -> Option<&Quarantined> {
        self.over.get(&format!("{scenario}/{step}"))
    }

    fn of(&self, step: &str) -> Option<&Quarantined> {
        self.current.get(step).or_else(|| self.over.get(step))
    }
}

#[cfg(test)]
mod tests {
    use time::Month;

    use super::*;
    use crate::plan::Step;

    const TABLE: &[&Scenario] = &[&Scenario {
        id: "s",
        title: "",
        objective: "",
        source: "",
        labels: &[],
        requires: &[],
        steps: &[Step { id: "a", ..Step::BLANK }, Step { id: "b", ..Step::BLANK }],
    }];

    fn parsed(entries: &str) -> Result<Quarantine, String> {
        let text = format!(r#"{{ "quarantine": [{entries}] }}"#);
        let today = Date::from_calendar_date(2026, Month::December, 31).unwrap();
        let parsed = Quarantine::parse(Path::new("q.json"), &text, TABLE, today);
        parsed.map_err(|error| {
            let error = error.to_string();
            error.strip_prefix("failed to use q.json: ").expect("the file's name").to_owned()
        })
    }

    fn entry(steps: &str, owner: &str, until: &str) -> String {
        format!(r#"{{ "steps": {steps}, "owner": "{owner}", "why": "P-1", "until": "{until}" }}"#)
    }

    #[test]
    fn a_quarantine_lasts_until_the_end_of_its_day() {
        let today = entry(r#"["s/a", "s/clean-up"]"#, "storage team", "2026-12-31");
        let yesterday = entry(r#"["s/b"]"#, "storage team", "2026-12-30");
        let quarantine = parsed(&format!("{today}, {yesterday}")).unwrap();
        let known = quarantine.current("s", "a").unwrap();
        assert_eq!(known.to_string(), "until 2026-12-31 (storage team: P-1)");
        assert_eq!(quarantine.current("s", "clean-up"), Some(known));
        assert_eq!(quarantine.current("s", "b"), None);
        assert!(quarantine.over("s", "b").is_some() && quarantine.over("s", "a").is_none());
    }

    #[test]
    fn what_is_wrong_is_told_with_its_field_and_the_mend() {
        let day = "2026-12-31";
        let wrong = |steps: &str, owner: &str, until: &str| {
            parsed(&entry(steps, owner, until)).unwrap_err()
        };
        assert_eq!(
            wrong(r#"["s/c"]"#, "me", day),
            r#"steps: "s/c" is no SCENARIO/STEP; `persys-verifier list` shows what there is"#
        );
        assert!(wrong(r#"["s"]"#, "me", day).contains("is no SCENARIO/STEP"));
        assert!(wrong(r#"["t/clean-up"]"#, "me", day).contains("is no SCENARIO/STEP"));
        assert_eq!(wrong(r#"["s/a", "s/a"]"#, "me", day), "steps: s/a is there twice");
        assert_eq!(wrong("[]", "me", day), "steps: name at least one");
        assert_eq!(wrong(r#"["s/a"]"#, " ", day), "owner of s/a: say it");
        assert_eq!(
            wrong(r#"["s/a"]"#, "me", "next week"),
            r#"until of s/a: "next week" is no day; write it like 2026-12-31"#
        );
        assert!(parsed(r#"{ "steps": ["s/a"], "until": "2026-12-31" }"#).is_err());
        assert!(parsed(r#"{ "step": "s/a" }"#).unwrap_err().contains("unknown field `step`"));
    }
}
