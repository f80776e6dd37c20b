//! `hydra-build-products`: `<type> <subtype> <absolute path> [<default page>]` a line.

use std::path::Path;

use super::field;

/// What can be downloaded, by its subtype and its name in the results.
const FILES: [(&str, &str); 6] = [
    ("trace", "trace.json"),
    ("junit", "junit.xml"),
    ("json", "report.json"),
    ("digest", "digest.txt"),
    ("events", "events.jsonl"),
    ("plan", "plan.json"),
];

/// What is there of the results, the page first.
pub fn products(results: &Path) -> String {
    let shown = field::path(&results.to_string_lossy());
    let mut lines = format!("report e2e {shown} index.html\n");
    for (subtype, name) in FILES {
        let file = results.join(name);
        if file.is_file() {
            let file = field::path(&file.to_string_lossy());
            lines += &format!("file {subtype} {file}\n");
        }
    }
    lines
}
