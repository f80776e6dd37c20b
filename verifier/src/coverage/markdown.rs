//! The table, as `docs/coverage.md` has it.

use std::{collections::BTreeMap, fmt::Write};

use super::{
    Line, Reference, Strategy,
    proofs::{PROOFS, Proof},
};
use crate::plan::{Scenario, Step};

const INTRODUCTION: &str = "# Coverage

Which steps prove which line of the [strategy](strategy.md). A step stands behind its scenario's id, as in
`--only scenario/step`; where no step of a run can prove a line, the test of the project stands there that does, and where no single run can, the
command that measures it over many. `make coverage`
writes this file from the plan; a test fails when it is out of date, or when a line of the strategy is proved by nothing.
";

/// `Step::source` that cannot be read is an error, in the words of a fragment.
pub fn markdown(table: &[&'static Scenario]) -> Result<String, String> {
    let strategy = Strategy::read();
    let (proofs, others) = proofs(&strategy, table)?;
    let mut text = INTRODUCTION.to_owned();
    let mut heading = "";
    for line in strategy.lines() {
        if line.heading != heading {
            heading = &line.heading;
            // Writing into a String cannot fail.
            let _ =
                write!(text, "\n## {heading}\n\n| line | strategy | proved by |\n|---|---|---|\n");
        }
        let _ = writeln!(text, "| {} | {} | {} |", line.key, cell(line), shown(&proofs, &line.key));
    }
    let _ = write!(
        text,
        "\n## Beyond the strategy\n\nSteps that the [contract](contract.md) alone asks for.\n\n\
         | step | proves | contract |\n|---|---|---|\n"
    );
    for (name, step, sections) in &others {
        let title = step.title.replace('|', "\\|");
        let _ = writeln!(text, "| `{name}` | {title} | {} |", sections.join(", "));
    }
    let steps: usize = table.iter().map(|scenario| scenario.steps.len()).sum();
    let _ = write!(
        text,
        "\n{} lines of the strategy, {} scenarios, {steps} steps.\n",
        strategy.lines().len(),
        table.len(),
    );
    Ok(text)
}

fn cell(line: &Line) -> String {
    line.text.replace('|', "\\|")
}

/// Steps stand together behind their scenario's id.
fn shown(proofs: &Proofs, key: &str) -> String {
    let Some(proofs) = proofs.get(key) else { return "**nothing**".to_owned() };
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for proof in proofs {
        match proof {
            Shown::Scenario(id) => groups.push((format!("all of `{id}`"), Vec::new())),
            Shown::Test(file, test) => {
                let text = format!("test `{test}` in [{file}](../{file})");
                groups.push((text, Vec::new()));
            }
            Shown::Measured(command, file) => {
                let text = format!("measured by `{command}` ([how](../{file}))");
                groups.push((text, Vec::new()));
            }
            Shown::Step(scenario, step) => {
                let (head, step) = (format!("`{scenario}/`"), format!("`{step}`"));
                match groups.iter_mut().find(|(known, _)| *known == head) {
                    Some((_, steps)) => steps.push(step),
                    None => groups.push((head, vec![step])),
                }
            }
        }
    }
    let texts: Vec<_> =
        groups.iter().map(|(head, steps)| format!("{head} {}", steps.join(" "))).collect();
    texts.iter().map(|text| text.trim_end()).collect::<Vec<_>>().join("; ")
}

/// A proof as the table shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    Scenario(String),
    Step(String, String),
    Test(&'static str, &'static str),
    Measured(&'static str, &'static str),
}

impl From<Proof> for Shown {
    fn from(proof: Proof) -> Self {
        match proof {
            Proof::Scenario(id) => Self::Scenario(id.to_owned()),
            Proof::Step(name) => {
                let (scenario, step) = name.split_once('/').unwrap_or((name, ""));
                Self::Step(scenario.to_owned(), step.to_owned())
            }
            Proof::Test(file, test) => Self::Test(file, test),
            Proof::Measured(command, file) => Self::Measured(command, file),
        }
    }
}

/// A step that the strategy does not ask for, by its full name, with the contract's sections.
type Other = (String, &'static Step, Vec<String>);

/// What proves each line, by its key.
type Proofs = BTreeMap<String, Vec<Shown>>;

/// What proves each line, and the steps that prove none.
pub(super) fn proofs(
    strategy: &Strategy,
    table: &[&'static Scenario],
) -> Result<(Proofs, Vec<Other>), String> {
    let mut proofs = Proofs::new();
    let mut others = Vec::new();
    for scenario in table {
        if let Some(section) = scenario.source.strip_prefix("strategy ") {
            let objective = proofs.entry(format!("{section} objective")).or_default();
            objective.push(Shown::Scenario(scenario.id.to_owned()));
        }
        for step in scenario.steps {
            let name = format!("{}/{}", scenario.id, step.id);
            let references = strategy.references(step.source);
            let references =
                references.map_err(|error| format!("use the source of {name}: {error}"))?;
            let (mut of_strategy, mut sections) = (false, Vec::new());
            for reference in references {
                match reference {
                    Reference::Line(key) => {
                        let shown = Shown::Step(scenario.id.to_owned(), step.id.to_owned());
                        proofs.entry(key).or_default().push(shown);
                        of_strategy = true;
                    }
                    Reference::Section(_) => of_strategy = true,
                    Reference::Contract(section) => sections.push(section),
                }
            }
            if !of_strategy {
                others.push((name, step, sections));
            }
        }
    }
    for (key, more) in PROOFS {
        let known = proofs.entry((*key).to_owned()).or_default();
        for proof in more.iter().copied().map(Shown::from) {
            if !known.contains(&proof) {
                known.push(proof);
            }
        }
    }
    Ok((proofs, others))
}
