//! Imports run one way: no module of the verifier uses one that stands above it.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The modules of the verifier, each with those below it alone.
const LAYERS: [&str; 22] = [
    "atomic_file",
    "calibration",
    "load",
    "standstill",
    "workloads",
    "events",
    "evidence",
    "probe",
    "context",
    "plan",
    "engine",
    "chaos",
    "scenarios",
    "report",
    "merge",
    "compare",
    "stress",
    "coverage",
    "bisect",
    "audit",
    "properties",
    "cli",
];
/// Exported macros, which the crate has at its root whatever module they are of.
const MACROS: [&str; 1] = ["step"];

#[test]
fn no_module_uses_one_above_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut found, mut broken) = (BTreeSet::new(), Vec::new());
    for file in sources(&root) {
        let inner = file.strip_prefix(&root).unwrap();
        let module = inner.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs");
        if ["lib", "main"].contains(&module) {
            continue;
        }
        let own = rank(module);
        found.insert(module.to_owned());
        for used in used(&file).iter().filter(|used| !MACROS.contains(&used.as_str())) {
            if rank(used) > own {
                broken.push(format!("{}: crate::{used}", inner.display()));
            }
        }
    }
    assert_eq!(broken, [""; 0]);
    assert_eq!(found, LAYERS.map(str::to_owned).into(), "a layer that is no module");
}

#[test]
fn what_a_source_uses_is_read_from_its_tokens() {
    let source = r#"
        //! crate::comment
        use crate::{plan::Step, probe::{Probes, crate_error}};
        fn f() -> crate::events::Verdict { panic!("{} crate::text", crate::load::SOME) }
        #[cfg(test)]
        mod tests { use crate::report::fold; }
    "#;
    let mut names = BTreeSet::new();
    collect(source.parse().unwrap(), &mut names);
    assert_eq!(names, ["events", "load", "plan", "probe"].map(str::to_owned).into());
}

fn rank(module: &str) -> usize {
    let known = LAYERS.iter().position(|layer| *layer == module);
    known.unwrap_or_else(|| panic!("LAYERS says nothing of the module {module}"))
}

/// Tests may use what they like.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if name.ends_with(".rs") && !name.ends_with("tests.rs") {
            files.push(path);
        }
    }
    files
}

fn used(file: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let tokens = fs::read_to_string(file).unwrap().parse();
    collect(tokens.unwrap_or_else(|e| panic!("{}: {e}", file.display())), &mut names);
    names
}

/// What follows `crate::`, but in items that are there for tests alone.
fn collect(tokens: TokenStream, names: &mut BTreeSet<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at += 1;
        match (token, tokens.get(at)) {
            (TokenTree::Punct(mark), Some(TokenTree::Group(attribute)))
                if mark.as_char() == '#' && is_test(attribute.stream()) =>
            {
                let end = tokens[at..].iter().position(ends_item);
                at = end.map_or(tokens.len(), |end| at + end + 1);
            }
            (TokenTree::Ident(name), Some(TokenTree::Punct(_))) if name == "crate" => {
                match tokens.get(at + 2) {
                    Some(TokenTree::Ident(name)) => drop(names.insert(name.to_string())),
                    Some(TokenTree::Group(list)) => names.extend(firsts(list.stream())),
                    _ => {}
                }
            }
            (TokenTree::Group(group), _) => collect(group.stream(), names),
            _ => {}
        }
    }
}

fn is_test(attribute: TokenStream) -> bool {
    attribute.to_string().replace(' ', "") == "cfg(test)"
}

fn ends_item(token: &TokenTree) -> bool {
    match token {
        TokenTree::Punct(mark) => mark.as_char() == ';',
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        _ => false,
    }
}

/// The first name of each entry of a list that commas part.
fn firsts(list: TokenStream) -> Vec<String> {
    let mut first = true;
    let mut names = Vec::new();
    for token in list {
        match token {
            TokenTree::Ident(name) if first => {
                names.push(name.to_string());
                first = false;
            }
            TokenTree::Punct(mark) if mark.as_char() == ',' => first = true,
            _ => {}
        }
    }
    names
}
