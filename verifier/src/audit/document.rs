//! The list of defects for people.

use std::{collections::BTreeMap, fmt::Write};

use super::{Defect, Registry};

/// A defect a line: its name, its component and who ought to notice.
pub fn listing<'a>(defects: impl IntoIterator<Item = &'a Defect>) -> String {
    let mut text = String::new();
    for defect in defects {
        let steps = defect.steps.join(", ");
        let _ = writeln!(text, "{:<38} {:<15} {steps}", defect.name, defect.component);
    }
    text
}

/// `reference/DEFECTS.md`.
pub fn document(registry: &Registry) -> String {
    let mut by_category: BTreeMap<&str, Vec<&Defect>> = BTreeMap::new();
    for defect in &registry.defects {
        by_category.entry(&defect.category).or_default().push(defect);
    }
    let mut text = format!(
        "# Seeded defects\n\n\
         A build of the reference with the feature `defects` breaks the promise that \
         `{}` names; the default build\nknows none of them. `make audit` breaks one after the \
         other and says which step of the suite notices.\nThis page is made of `defects.json` \
         by `make defects`: {} defects, each of one sentence of\n[the contract]\
         (../docs/contract.md).\n",
        registry.variable,
        registry.defects.len()
    );
    for (category, defects) in by_category {
        let _ = writeln!(text, "\n## {} ({})\n", capitalised(category), defects.len());
        text.push_str("| defect | what is broken | promise | noticed by |\n|---|---|---|---|\n");
        for defect in defects {
            let Defect { name, component, breaks, section, promise, steps, .. } = defect;
            let promise = promise.replace('|', "\\|");
            let steps: Vec<_> = steps.iter().map(|step| format!("`{step}`")).collect();
            let _ = writeln!(
                text,
                "| `{name}` | {component} {breaks} | {}: {promise} | {} |",
                place(section),
                steps.join(", ")
            );
        }
    }
    text
}

fn place(section: &str) -> String {
    match section.starts_with(|first: char| first.is_ascii_digit()) {
        true => format!("§{section}"),
        false => section.to_owned(),
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + letters.as_str()
    })
}
