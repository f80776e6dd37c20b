//! What a token may be used for.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Scopes that include others.
const INCLUDES: &[(&str, &[&str])] = &[
    ("repo", &["repo:status", "repo_deployment", "public_repo", "repo:invite", "security_events"]),
    ("user", &["read:user", "user:email", "user:follow"]),
    ("admin:repo_hook", &["write:repo_hook", "read:repo_hook"]),
    ("write:repo_hook", &["read:repo_hook"]),
    ("admin:org", &["write:org", "read:org"]),
    ("write:org", &["read:org"]),
];

/// A set of scopes in which none is included in another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scopes(Vec<String>);

impl Scopes {
    /// Reads scopes that are parted by blanks or commas.
    pub fn parse(text: &str) -> Self {
        let mut scopes: Vec<&str> =
            text.split([' ', ',']).filter(|scope| !scope.is_empty()).collect();
        scopes.sort_unstable();
        scopes.dedup();
        let all = scopes.clone();
        scopes.retain(|scope| !all.iter().any(|other| includes(other, scope)));
        Self(scopes.into_iter().map(str::to_owned).collect())
    }

    /// Whether a scope is among these, by itself or within another.
    pub fn allow(&self, scope: &str) -> bool {
        self.0.iter().any(|own| own == scope || includes(own, scope))
    }
}

fn includes(wide: &str, narrow: &str) -> bool {
    INCLUDES.iter().any(|(scope, included)| *scope == wide && included.contains(&narrow))
}

/// With commas, as in the reply to an exchange of a code.
impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn included_and_repeated_scopes_are_dropped() {
        assert_eq!(Scopes::parse("user:email repo user,repo").to_string(), "repo,user");
        assert_eq!(Scopes::parse("read:user, user:email").to_string(), "read:user,user:email");
        assert_eq!(Scopes::parse("").to_string(), "");
    }

    #[test]
    fn a_wide_scope_allows_what_it_includes_and_not_the_other_way_round() {
        assert!(Scopes::parse("user").allow("user:email"));
        assert!(!Scopes::parse("user:email").allow("user"));
        assert!(!Scopes::default().allow("repo"));
    }
}
