//! What a step's `source` refers to.

use super::{Line, reader};

/// Where something is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// A line of the strategy, by its key.
    Line(String),
    /// A section of the strategy as a whole, such as `§6`; it proves no line.
    Section(String),
    /// A section of the contract, such as `§3.3`.
    Contract(String),
}

/// The strategy, line by line.
pub struct Strategy {
    lines: Vec<Line>,
}

impl Strategy {
    /// The project's own, `docs/strategy.md`.
    pub fn read() -> Self {
        Self::parse(include_str!("../../../docs/strategy.md"))
    }

    pub(super) fn parse(text: &str) -> Self {
        Self { lines: reader::lines(text) }
    }

    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    pub fn line(&self, key: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.key == key)
    }

    /// Reads a source: clauses behind commas or semicolons, such as `strategy §5 steps 2 to 4,
    /// result 1, contract §6` or `success criteria: no memory leaks`. A clause without a document
    /// or section goes on with those of the one before it.
    ///
    /// # Errors
    /// What is named that does not exist, in the words of a fragment.
    pub fn references(&self, source: &str) -> Result<Vec<Reference>, String> {
        let (mut contract, mut section) = (false, String::new());
        let mut found = Vec::new();
        for clause in source.split([',', ';']).map(str::trim) {
            let mut rest = clause;
            for (word, is_contract) in [("strategy", false), ("contract", true)] {
                if let Some(after) = rest.strip_prefix(word) {
                    (rest, contract) = (after.trim_start(), is_contract);
                }
            }
            if contract {
                found.push(Reference::Contract(rest.to_owned()));
                continue;
            }
            if rest.starts_with('§') {
                let (number, after) = rest.split_once(' ').unwrap_or((rest, ""));
                (section, rest) = (number.to_owned(), after);
                if rest.is_empty() {
                    found.push(self.whole(&section)?);
                }
            }
            if !rest.is_empty() {
                self.clause(&section, rest, &mut found)?;
            }
        }
        Ok(found)
    }

    fn clause(
        &self,
        section: &str,
        clause: &str,
        found: &mut Vec<Reference>,
    ) -> Result<(), String> {
        if let Some(text) = clause.strip_prefix("success criteria:") {
            found.push(self.about("criterion ", text)?);
        } else if let Some(text) = clause.strip_prefix("expected results:") {
            found.push(self.about(&format!("{section} result "), text)?);
        } else if clause == "expected results" {
            found.push(self.whole(section)?);
        } else if let Some((word, numbers)) = numbered(clause) {
            for number in numbers? {
                found.push(self.known(format!("{section} {word} {number}"))?);
            }
        } else if clause == "objective" {
            found.push(self.known(format!("{section} objective"))?);
        } else {
            found.push(self.known(clause.to_owned())?);
        }
        Ok(())
    }

    fn known(&self, key: String) -> Result<Reference, String> {
        match self.line(&key) {
            Some(_) => Ok(Reference::Line(key)),
            None => Err(format!("the strategy has no line {key:?}")),
        }
    }

    fn whole(&self, section: &str) -> Result<Reference, String> {
        let there = self.line(&format!("{section} objective")).is_some();
        let whole = Reference::Section(section.to_owned());
        there.then_some(whole).ok_or_else(|| format!("the strategy has no section {section:?}"))
    }

    fn about(&self, keys: &str, text: &str) -> Result<Reference, String> {
        let mut lines = self.lines.iter().filter(|line| line.key.starts_with(keys));
        let line = lines.find(|line| line.is_about(text));
        line.map(|line| Reference::Line(line.key.clone()))
            .ok_or_else(|| format!("the strategy has no {keys}that says {:?}", text.trim()))
    }
}

/// `step 2`, `steps 2 and 5`, `steps 2 to 4`, and the same with results.
fn numbered(clause: &str) -> Option<(&str, Result<Vec<u32>, String>)> {
    let (word, numbers) = clause.split_once(' ')?;
    let word = word.strip_suffix('s').unwrap_or(word);
    ["step", "result"].contains(&word).then(|| (word, range(numbers)))
}

fn range(text: &str) -> Result<Vec<u32>, String> {
    let number = |text: &str| {
        let read = text.trim().parse::<u32>();
        read.map_err(|_| format!("{:?} is no number, nor `1 and 2`, nor `1 to 3`", text.trim()))
    };
    if let Some((from, to)) = text.split_once(" to ") {
        return Ok((number(from)?..=number(to)?).collect());
    }
    text.split(" and ").map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(source: &str) -> Result<Vec<String>, String> {
        let references = Strategy::read().references(source)?;
        let shown = |reference| match reference {
            Reference::Line(key) => key,
            Reference::Section(section) => format!("all of {section}"),
            Reference::Contract(section) => format!("contract {section}"),
        };
        Ok(references.into_iter().map(shown).collect())
    }

    #[test]
    fn a_source_names_lines_and_sections() {
        for (source, wanted) in [
            ("strategy §4 step 2", &["§4 step 2"][..]),
            (
                "strategy §2 steps 3 and 5, result 2, contract §4",
                &["§2 step 3", "§2 step 5", "§2 result 2", "contract §4"],
            ),
            (
                "strategy §5 steps 2 to 4, §1 step 7",
                &["§5 step 2", "§5 step 3", "§5 step 4", "§1 step 7"],
            ),
            ("contract §3.1, §3.3, strategy §6", &["contract §3.1", "contract §3.3", "all of §6"]),
            ("strategy §6 expected results", &["all of §6"]),
            (
                "strategy §7 step 2; success criteria: resource usage within limits",
                &["§7 step 2", "criterion performance 4"],
            ),
            ("strategy, success criteria: success rate > 95 %", &["criterion performance 3"]),
            ("strategy §7 expected results: system handles concurrent load", &["§7 result 1"]),
            (
                "strategy data git-repo, metric 6, §3 objective",
                &["data git-repo", "metric 6", "§3 objective"],
            ),
        ] {
            assert_eq!(read(source).unwrap(), wanted, "{source}");
        }
    }

    #[test]
    fn what_does_not_exist_is_told() {
        for (source, wanted) in [
            ("strategy §4 step 9", "no line \"§4 step 9\""),
            ("strategy §9", "no section \"§9\""),
            ("strategy §4 steps two", "\"two\" is no number"),
            ("strategy data nothing", "no line \"data nothing\""),
            ("success criteria: fast", "no criterion that says \"fast\""),
            ("strategy §7 expected results: peace", "no §7 result that says \"peace\""),
            ("strategy whatever", "no line \"whatever\""),
        ] {
            let told = read(source).unwrap_err();
            assert!(told.contains(wanted), "{source}: {told}");
        }
    }
}
