//! Which defect this process has.

use std::sync::OnceLock;

/// The environment variable with the defect's name.
pub const VARIABLE: &str = "PERSYS_DEFECT";

/// The name of each defect and of the component that has it.
const KNOWN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/names.rs"));

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
    if !KNOWN.contains(&(name, component)) {
        return Err(format!("{VARIABLE} names \"{name}\", which is no defect of {component}"));
    }
    tracing::warn!(defect = name, "this process breaks the contract on purpose");
    Ok(())
}
