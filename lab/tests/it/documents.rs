//! What the documents tell people to type and to write can be typed and written.
//! Needs the other crates' programs beside this one (`cargo build --workspace --bins`).

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use persys_contract::topology::Topology;
use serde_json::{Value, json};

use crate::lab::{checkout, text};

const DOCUMENTS: [&str; 10] = [
    "README.md",
    "CONTRIBUTING.md",
    "lab/README.md",
    "docs/reports.md",
    "docs/audit.md",
    "docs/bisect.md",
    "docs/chaos.md",
    "docs/host-channel.md",
    "docs/nixos.md",
    "docs/test-your-own-build.md",
];

pub fn program(name: &str) -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_persys-lab")).parent().unwrap().join(name)
}

fn read(name: &str) -> String {
    let path = checkout().join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The options of each subcommand, out of its help.
fn options(name: &str) -> BTreeMap<String, BTreeSet<String>> {
    let help = |words: &[&str]| {
        let output = Command::new(program(name)).args(words).arg("--help").output().unwrap();
        text(&output)
    };
    let whole = help(&[]);
    let commands = whole.split_once("Commands:").expect("commands").1;
    let commands = commands.split_once("Options:").expect("options").0;
    let names = commands.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next());
    names
        .filter(|command| *command != "help")
        .map(|command| (command.to_owned(), flags(&help(&[command]))))
        .collect()
}

/// Every `--word` of a text.
fn flags(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    text.split(|c: char| !is_part(c))
        .filter(|word| word.len() > 2 && word.starts_with("--") && !word.starts_with("---"))
        .map(str::to_owned)
        .collect()
}

/// What is set as code: indented lines, fenced lines, and words in backticks, which
/// may go on over a line's end.
fn code(document: &str) -> Vec<String> {
    let (mut found, mut prose, mut fenced) = (Vec::new(), String::new(), false);
    for line in document.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if fenced || line.starts_with("    ") {
            found.push(line.trim().to_owned());
        } else {
            prose += line;
            prose.push(' ');
        }
    }
    found.extend(prose.split('`').skip(1).step_by(2).map(str::to_owned));
    found
}

#[test]
fn every_option_that_a_document_names_is_there() {
    let (verifier, lab) = (options("persys-verifier"), options("persys-lab"));
    let union: BTreeSet<String> =
        verifier.values().chain(lab.values()).flatten().cloned().collect();
    let of = |all: &BTreeMap<String, BTreeSet<String>>, text: &str, name: &str, words: &str| {
        let Some(command) = words.split_whitespace().next() else { return };
        let Some(known) = all.get(command) else { return };
        for flag in flags(words) {
            assert!(known.contains(&flag), "{name} {command} has no {flag}: {text}");
        }
    };
    let mut seen = 0;
    for document in DOCUMENTS {
        for text in code(&read(document)) {
            seen += flags(&text).len();
            if let Some((_, words)) = text.split_once("persys-lab ") {
                let (own, inner) = words.split_once(" -- ").unwrap_or((words, ""));
                of(&lab, &text, "persys-lab", own);
                of(&verifier, &text, "persys-verifier", inner);
            } else if let Some((_, words)) = text.split_once("persys-verifier ") {
                of(&verifier, &text, "persys-verifier", words);
            } else if text.starts_with("--") && !text.starts_with("-- ") {
                let known = |flag: &String| union.contains(flag);
                assert!(flags(&text).iter().all(known), "{document}: {text}");
            }
        }
    }
    assert!(seen > 60, "only {seen} options were seen");
}

/// The arguments are right if it is the topology that is missing.
#[track_caller]
fn can_be_run(arguments: &Value) {
    let words = arguments.as_array().unwrap().iter().map(|word| word.as_str().unwrap());
    let output = Command::new(program("persys-verifier"))
        .args(words)
        .env("PERSYS_TOPOLOGY", "/no/such/topology.json")
        .output()
        .unwrap();
    let told = text(&output);
    assert!(told.contains("failed to read the topology: /no/such/topology.json"), "{told}");
}

fn image() -> String {
    format!("persys-verifier:{}", env!("CARGO_PKG_VERSION"))
}

#[test]
fn the_compose_file_runs_the_verifier() {
    let file: Value = serde_saphyr::from_str(&read("docs/examples/compose.yaml")).unwrap();
    let verifier = &file["services"]["verifier"];
    assert_eq!(verifier["image"], image());
    can_be_run(&verifier["command"]);
    let mounts = verifier["volumes"].to_string();
    let topology = verifier["environment"]["PERSYS_TOPOLOGY"].as_str().unwrap();
    for path in [topology, shipped()["credentials"].as_str().unwrap(), "/results"] {
        assert!(mounts.contains(&format!(":{path}")), "{path}: {mounts}");
    }
}

#[test]
fn the_job_runs_the_verifier_once() {
    let file: Value = serde_saphyr::from_str(&read("docs/examples/job.yaml")).unwrap();
    assert_eq!((&file["apiVersion"], &file["kind"]), (&json!("batch/v1"), &json!("Job")));
    assert_eq!(file["spec"]["backoffLimit"], 0);
    let pod = &file["spec"]["template"]["spec"];
    assert_eq!(pod["restartPolicy"], "Never");
    let container = &pod["containers"][0];
    assert_eq!(container["image"], image());
    can_be_run(&container["args"]);
    let names = |list: &Value| {
        let list = list.as_array().unwrap().iter();
        list.map(|item| item["name"].as_str().unwrap().to_owned()).collect::<BTreeSet<_>>()
    };
    assert_eq!(names(&container["volumeMounts"]), names(&pod["volumes"]));
    let mounts = container["volumeMounts"].to_string();
    let topology = Path::new(container["env"][0]["value"].as_str().unwrap()).parent().unwrap();
    for path in [topology.to_str().unwrap(), shipped()["credentials"].as_str().unwrap()] {
        assert!(mounts.contains(&format!("\"{path}\"")), "{path}: {mounts}");
    }
}

fn shipped() -> Value {
    serde_json::from_str(&read("topology.json")).unwrap()
}

#[track_caller]
fn is_a_topology(topology: &Value) {
    let parsed = Topology::parse(Path::new("topology.json"), &topology.to_string());
    assert!(parsed.is_ok(), "{:?}", parsed.err());
}

#[test]
fn the_topologies_of_other_builds_are_topologies() {
    let document = read("docs/test-your-own-build.md");
    let block = document.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    let fields: Value = serde_json::from_str(block).unwrap();
    let mut topology = shipped();
    topology["platform"] = fields["platform"].clone();
    is_a_topology(&topology);
    let mut topology = shipped();
    for (field, value) in [
        ("requestAuthentication", json!("rsa")),
        ("etcd", json!({ "tls": false })),
        ("docker", json!({ "tls": false })),
    ] {
        let shown = format!("\"{field}\": {value}").replace("{\"", "{ \"").replace("\":f", "\": f");
        let shown = shown.replace("false}", "false }");
        assert!(document.contains(&shown), "{shown}");
        topology[field] = value;
    }
    assert!(document.contains("`\"features\": []`"));
    topology["platform"]["features"] = json!([]);
    is_a_topology(&topology);
}

#[test]
fn the_platform_s_flake_is_thirty_lines_and_the_one_in_the_document() {
    let flake = read("docs/examples/flake.nix");
    assert!(flake.lines().count() <= 30, "{} lines", flake.lines().count());
    assert!(read("docs/test-your-own-build.md").contains(&format!("```nix\n{flake}```\n")));
}
