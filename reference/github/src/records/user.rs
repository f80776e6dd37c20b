//! An account.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// One of an account's addresses, as `GET /user/emails` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Email {
    pub email: String,
    pub primary: bool,
    pub verified: bool,
    pub visibility: Option<String>,
}

/// A person's account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub id: u64,
    pub login: String,
    pub name: Option<String>,
    /// The public address.
    pub email: Option<String>,
    pub emails: Vec<Email>,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// What an account is made from.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewUser {
    /// The next free one if absent.
    pub id: Option<u64>,
    pub login: String,
    pub name: Option<String>,
    pub email: Option<String>,
    #[serde(default)]
    pub emails: Vec<Email>,
}

/// Whether a text may be a login: letters, digits and single hyphens inside, at most 39.
pub fn is_login(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    !text.is_empty()
        && text.len() <= 39
        && text.chars().all(plain)
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !text.contains("--")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_letters_digits_and_single_hyphens() {
        assert!(is_login("octo-cat1"));
        for odd in ["", "-a", "a-", "a--b", "a.b", "a/b", "_test", &"a".repeat(40)] {
            assert!(!is_login(odd), "{odd}");
        }
    }
}
