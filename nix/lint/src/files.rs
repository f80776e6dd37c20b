//! The Nix files of a checkout.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};

/// Every `*.nix` below a folder, in order. What is hidden or built is left out.
///
/// # Errors
/// When a folder cannot be read, or none holds a Nix file: then there is nothing to
/// judge, which is no success.
pub fn nix_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut next = vec![folder.to_owned()];
    while let Some(folder) = next.pop() {
        let read = || format!("read {}", folder.display());
        for entry in fs::read_dir(&folder).with_context(read)? {
            let entry = entry.with_context(read)?;
            let (path, kind) = (entry.path(), entry.file_type().with_context(read)?);
            let name = entry.file_name();
            let left_out = name.as_encoded_bytes().starts_with(b".")
                || ["target", "results"].iter().any(|built| name == *built);
            if kind.is_dir() && !left_out {
                next.push(path);
            } else if kind.is_file() && path.extension().is_some_and(|end| end == "nix") {
                found.push(path);
            }
        }
    }
    ensure!(!found.is_empty(), "find a Nix file below {}", folder.display());
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_or_hidden_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        for file in ["a.nix", "b/c.nix", "b/d.rs", "target/e.nix", ".git/f.nix"] {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "{ }\n").unwrap();
        }
        let found = nix_files(folder.path()).unwrap();
        assert_eq!(found, ["a.nix", "b/c.nix"].map(|file| folder.path().join(file)));
    }

    #[test]
    fn nothing_to_judge_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let error = nix_files(folder.path()).unwrap_err().to_string();
        assert!(error.starts_with("find a Nix file below "), "{error}");
    }
}
