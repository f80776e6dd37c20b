//! What a new repository is to hold: files by branch.

use std::collections::BTreeMap;

/// Why a branch or file cannot be made; follows "failed to".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContentError {
    #[error("make the branch {0:?}: this cannot be its name")]
    Branch(String),
    #[error("make the file {0:?}: its path must stay inside the repository")]
    Path(String),
    #[error("make the default branch {0:?}: no files are given for it")]
    NoDefault(String),
}

/// The files of each branch, by path. The default branch comes first; the others
/// start from its commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branches {
    default: String,
    files: BTreeMap<String, BTreeMap<String, Vec<u8>>>,
}

impl Branches {
    /// Checks all names before anything is written.
    pub fn new(
        default: &str,
        files: BTreeMap<String, BTreeMap<String, Vec<u8>>>,
    ) -> Result<Self, ContentError> {
        if !files.contains_key(default) {
            return Err(ContentError::NoDefault(default.to_owned()));
        }
        for (branch, files) in &files {
            if !is_branch(branch) {
                return Err(ContentError::Branch(branch.clone()));
            }
            if let Some(odd) = files.keys().find(|path| !is_inside(path)) {
                return Err(ContentError::Path(odd.clone()));
            }
        }
        Ok(Self { default: default.to_owned(), files })
    }

    pub fn default_branch(&self) -> &str {
        &self.default
    }

    /// Each branch with its files, the default one first.
    pub fn in_order(&self) -> impl Iterator<Item = (&str, &BTreeMap<String, Vec<u8>>)> {
        let first = self.files.get_key_value(&self.default);
        let others = self.files.iter().filter(|(branch, _)| **branch != self.default);
        first.into_iter().chain(others).map(|(branch, files)| (branch.as_str(), files))
    }
}

/// Stricter than Git: words of letters, digits, `-`, `_` and `.`, joined by slashes.
fn is_branch(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let word = |word: &str| {
        word.chars().all(plain)
            && word.starts_with(|c: char| c.is_ascii_alphanumeric())
            && !word.ends_with('.')
            && !word.ends_with(".lock")
            && !word.contains("..")
    };
    name.len() <= 200 && name.split('/').all(word)
}

fn is_inside(path: &str) -> bool {
    let fits = |part: &str| !matches!(part, "" | "." | "..") && !part.eq_ignore_ascii_case(".git");
    !path.contains(['\0', '\\']) && path.split('/').all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(branch: &str, path: &str) -> Result<Branches, ContentError> {
        let files = BTreeMap::from([(path.to_owned(), Vec::new())]);
        Branches::new(branch, BTreeMap::from([(branch.to_owned(), files)]))
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        assert!(one("feature/a.b", "folder/.gitignore").is_ok());
        for odd in ["", "-x", "a//b", "/a", "a/", "a..b", "a.lock", "a b", "@", "a~1"] {
            assert_eq!(one(odd, "x"), Err(ContentError::Branch(odd.to_owned())));
        }
        for odd in ["", "/etc/passwd", "../x", "a/../x", "a//b", ".git/config", "x/.GIT/x", "a\0"] {
            assert_eq!(one("main", odd), Err(ContentError::Path(odd.to_owned())));
        }
        assert_eq!(
            Branches::new("main", BTreeMap::new()),
            Err(ContentError::NoDefault("main".to_owned()))
        );
    }

    #[test]
    fn the_default_branch_comes_first() {
        let files = ["a", "main", "z"].map(|name| (name.to_owned(), BTreeMap::new())).into();
        let branches = Branches::new("main", files).unwrap();
        let order: Vec<_> = branches.in_order().map(|(name, _)| name).collect();
        assert_eq!(order, ["main", "a", "z"]);
    }
}
