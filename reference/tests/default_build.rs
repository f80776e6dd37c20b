// Shared by the tests of the reference programs: what a program's file says of defects.

use serde_json::Value;

const REGISTRY: &str = include_str!("../defects.json");

/// Panics if a build without the feature `defects` knows any defect, or one with the
/// feature none, as then nothing would be proven here.
pub fn assert_defects(program: &str, component: &str, wanted: bool) {
    let bytes = std::fs::read(program).unwrap_or_else(|error| panic!("read {program}: {error}"));
    let text = String::from_utf8_lossy(&bytes);
    let registry: Value = serde_json::from_str(REGISTRY).unwrap();
    let variable = registry["variable"].as_str().unwrap();
    assert_eq!(text.contains(variable), wanted, "{variable} in {program}");
    let defects = registry["defects"].as_array().unwrap();
    let found: Vec<_> = defects
        .iter()
        .filter(|one| one["component"] == component)
        .filter_map(|one| one["name"].as_str())
        .filter(|name| text.contains(name))
        .collect();
    assert_eq!(!found.is_empty(), wanted, "in {program}: {found:?}");
}
