//! What one file is like.

use std::{fs, path::Path};

use anyhow::Context;

/// How a file was found.
#[derive(Debug, PartialEq, Eq)]
pub enum Finding {
    Sound,
    /// It was not, and has been written anew.
    Formatted,
    Unformatted,
    /// It does not parse; the text shows where.
    Unreadable(String),
}

/// Parses a file and compares it with itself formatted.
pub fn examine(file: &Path, write: bool) -> anyhow::Result<Finding> {
    let text = fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
    let name = file.display().to_string();
    let formatted = match nixfmt_rs::format(&text) {
        Ok(formatted) => formatted,
        Err(error) => {
            return Ok(Finding::Unreadable(nixfmt_rs::format_error(&text, Some(&name), &error)));
        }
    };
    if formatted == text {
        return Ok(Finding::Sound);
    }
    if !write {
        return Ok(Finding::Unformatted);
    }
    fs::write(file, formatted).with_context(|| format!("write {name}"))?;
    Ok(Finding::Formatted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_file_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.nix");
        let look = |text: &str, write| {
            fs::write(&file, text).unwrap();
            examine(&file, write).unwrap()
        };
        assert_eq!(look("{ a = 1; }\n", false), Finding::Sound);
        assert_eq!(look("{a=1;}", false), Finding::Unformatted);
        assert_eq!(look("{a=1;}", true), Finding::Formatted);
        assert_eq!(fs::read_to_string(&file).unwrap(), "{ a = 1; }\n");
        let Finding::Unreadable(report) = look("{ a = ; }\n", true) else {
            panic!("a value that is missing was let pass");
        };
        assert!(report.contains("a.nix"), "{report}");
    }
}
