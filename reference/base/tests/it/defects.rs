//! `reference/defects.json` and the places at which promises are broken fit together.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

const REGISTRY: &str = include_str!("../../../defects.json");

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

/// The crates in which each name is broken.
fn broken() -> BTreeMap<String, BTreeSet<String>> {
    let reference = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut broken: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for name in ["base", "gateway", "prow", "agent", "cli", "github"] {
        let mut files = Vec::new();
        sources(&reference.join(name).join("src"), &mut files);
        for file in files.iter().filter(|file| !file.ends_with("seam.rs")) {
            let text = fs::read_to_string(file).unwrap();
            for rest in text.split("defect!(").skip(1) {
                let defect = rest.trim_start().split('"').nth(1).unwrap_or_default();
                broken.entry(defect.to_owned()).or_default().insert(name.to_owned());
            }
        }
    }
    broken
}

#[test]
fn every_defect_is_listed_and_every_listed_one_is_there() {
    let registry: Value = serde_json::from_str(REGISTRY).unwrap();
    let broken = broken();
    let mut listed = BTreeSet::new();
    for defect in registry["defects"].as_array().unwrap() {
        let name = defect["name"].as_str().unwrap();
        let home = match defect["component"].as_str().unwrap() {
            "api-gateway" => "gateway",
            "prow-scheduler" => "prow",
            "persys-agent" => "agent",
            "persys-cli" => "cli",
            other => panic!("{name}: {other} is no component with defects"),
        };
        let places = broken.get(name).unwrap_or_else(|| panic!("{name} is broken nowhere"));
        let own = places.iter().all(|place| place == home || place == "base");
        assert!(own, "{name} is a defect of {home} and stands in {places:?}");
        assert!(listed.insert(name), "{name} is listed twice");
    }
    let all: BTreeSet<_> = broken.keys().map(String::as_str).collect();
    assert_eq!(all, listed, "every defect is listed in reference/defects.json");
}
