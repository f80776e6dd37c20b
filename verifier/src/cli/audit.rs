//! `persys-verifier audit`.

use std::io::{Write, stdout};

use super::{
    Exit, Registry,
    bisect::{aborted, run},
};
use crate::{
    audit::{self, Audit, Conclusion, Defect, Reasons, document, find, listing},
    bisect::BisectError,
};

pub fn audit(registry: Registry, arguments: &Audit) -> Exit {
    match begin(registry, arguments) {
        Ok(exit) => exit,
        Err(error) => aborted(&error),
    }
}

fn begin(table: Registry, arguments: &Audit) -> Result<Exit, BisectError> {
    let file = find("--defects", arguments.defects.as_deref(), "reference/defects.json")?;
    let mut registry = audit::Registry::read(&file, table.scenarios)?;
    if arguments.chaos.is_some() && !arguments.document {
        registry.leave_to("chaos");
    }
    let defects = select(&registry, arguments)?;
    if arguments.document || arguments.list {
        let text = match arguments.document {
            true => document(&registry),
            false => listing(defects.iter().copied()),
        };
        let _ = stdout().write_all(text.as_bytes());
        return Ok(Exit::Passed);
    }
    let usual = file.with_file_name(audit::REASONS);
    let reasons = match &arguments.reasons {
        Some(named) => Reasons::read(named, table.scenarios)?,
        None if usual.is_file() => Reasons::read(&usual, table.scenarios)?,
        None => Reasons::default(),
    };
    let judge = |interrupt| {
        let (lists, defects) = ((&registry, &reasons), &defects);
        async move { audit::audit(arguments, lists, defects, interrupt).await }
    };
    let concluded = run(judge);
    eprintln!("results: {}", arguments.folder().display());
    Ok(match concluded? {
        Conclusion::AllCaught => Exit::Passed,
        Conclusion::Missed | Conclusion::Unexplained => Exit::DEFECTS_MISSED,
        Conclusion::Unjudged => Exit::DEFECTS_UNJUDGED,
        Conclusion::BaselineRed => Exit::BASELINE_RED,
    })
}

/// Those that were asked for, in the order of the list.
fn select<'a>(
    registry: &'a audit::Registry,
    arguments: &Audit,
) -> Result<Vec<&'a Defect>, BisectError> {
    let known = |name: &String| registry.defects.iter().any(|defect| defect.name == *name);
    if let Some(name) = arguments.only.iter().find(|name| !known(name)) {
        return Err(BisectError::usage(format!(
            "--only {name}: there is no such defect; `persys-verifier audit --list` shows them"
        )));
    }
    let all = registry.defects.iter().enumerate();
    let wanted =
        |defect: &Defect| arguments.only.is_empty() || arguments.only.contains(&defect.name);
    let selected: Vec<&Defect> = all
        .filter(|(position, _)| arguments.part.is_none_or(|part| part.takes(*position)))
        .map(|(_, defect)| defect)
        .filter(|defect| wanted(defect))
        .collect();
    match selected.is_empty() {
        true => Err(BisectError::usage("the options leave no defect to judge")),
        false => Ok(selected),
    }
}
