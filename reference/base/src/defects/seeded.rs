//! Which defect this process has.

use std::sync::OnceLock;

use serde::Deserialize;

/// The environment variable with the defect's name.
pub const VARIABLE: &str = "PERSYS_DEFECT";

const REGISTRY: &str = include_str!("../../../defects.json");

#[derive(Deserialize)]
struct Registry {
    defects: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    component: String,
}

fn seeded() -> Option<&'static str> {
    static SEEDED: OnceLock<Option<String>> = OnceLock::new();
    SEEDED.get_or_init(|| std::env::var(VARIABLE).ok().filter(|name| !name.is_empty())).as_deref()
}

/// Whether this process has that defect.
pub fn is_seeded(name: &str) -> bool {
    seeded() == Some(name)
}

/// Says in the log which promise this process breaks; an error if the component has no
/// such defect, as a typing error would otherwise look like a sound platform.
pub fn announce(component: &str) -> Result<(), String> {
    let Some(name) = seeded() else { return Ok(()) };
    let registry: Registry = serde_json::from_str(REGISTRY)
        .map_err(|error| format!("cannot read the list of defects: {error}"))?;
    if !registry.defects.iter().any(|one| one.name == name && one.component == component) {
        return Err(format!("{VARIABLE} names \"{name}\", which is no defect of {component}"));
    }
    tracing::warn!(defect = name, "this process breaks the contract on purpose");
    Ok(())
}
