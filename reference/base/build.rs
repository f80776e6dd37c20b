//! Takes the names of the defects, and nothing else, out of their list: a build does not
//! change when the list says otherwise who ought to notice one.

use std::{env, fs, path::Path};

use serde_json::Value;

const LIST: &str = "../defects.json";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={LIST}");
    if env::var_os("CARGO_FEATURE_DEFECTS").is_none() {
        return;
    }
    let text = fs::read_to_string(LIST).unwrap_or_else(|error| panic!("read {LIST}: {error}"));
    let list: Value =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("read {LIST}: {error}"));
    let names: Vec<String> = list["defects"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|defect| format!("({}, {})", defect["name"], defect["component"]))
        .collect();
    let folder = env::var_os("OUT_DIR").expect("cargo gives a build script OUT_DIR");
    let file = Path::new(&folder).join("names.rs");
    fs::write(&file, format!("&[{}]\n", names.join(",\n")))
        .unwrap_or_else(|error| panic!("write {}: {error}", file.display()));
}
