//! What is known of a repository besides its content.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repository {
    pub id: u64,
    /// The owner's login.
    pub owner: String,
    pub name: String,
    pub description: Option<String>,
    pub private: bool,
    pub default_branch: String,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

impl Repository {
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    /// GitHub tells neither owners nor repositories apart by case.
    pub fn is(&self, owner: &str, name: &str) -> bool {
        self.owner.eq_ignore_ascii_case(owner) && self.name.eq_ignore_ascii_case(name)
    }
}

/// What a repository is made from, besides its content.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewRepository {
    pub owner: String,
    pub name: String,
    pub description: Option<String>,
    #[serde(default)]
    pub private: bool,
    #[serde(default = "main")]
    pub default_branch: String,
}

fn main() -> String {
    "main".to_owned()
}

/// Whether a text may be a repository's name; it becomes a folder's name too.
pub fn is_repository_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    !text.is_empty()
        && text.len() <= 100
        && text.chars().all(plain)
        && !text.starts_with('.')
        && !text.to_ascii_lowercase().ends_with(".git")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_safe_folder_name() {
        assert!(is_repository_name("git-repo_1.x"));
        for odd in ["", ".", "..", ".git", "a/b", "a.git", "a.GIT", "a b", "a\0", "ä"] {
            assert!(!is_repository_name(odd), "{odd}");
        }
    }
}
