//! Secrets whose values nobody here knows, found by their form: another machine's
//! private key, a token that was made out meanwhile.

/// What a text gives away, in a word each.
pub fn found_in(text: &str) -> Vec<&'static str> {
    let found = [
        ("a private key", has_private_key(text)),
        ("a JSON web token", has_web_token(text)),
        ("a GitHub token", has_github_token(text)),
    ];
    found.into_iter().filter(|(_, found)| *found).map(|(what, _)| what).collect()
}

fn has_private_key(text: &str) -> bool {
    text.match_indices("-----BEGIN ").any(|(at, begin)| {
        let rest = &text[at + begin.len()..];
        rest.split("-----").next().is_some_and(|label| label.ends_with("PRIVATE KEY"))
    })
}

/// Two JSON objects in base64url and a signature that may be empty.
fn has_web_token(text: &str) -> bool {
    text.match_indices("eyJ").any(|(at, _)| {
        let rest = &text[at..];
        let end = rest.find(|c: char| !is_base64url(c) && c != '.').unwrap_or(rest.len());
        let parts: Vec<&str> = rest[..end].split('.').collect();
        parts.len() == 3 && parts[0].len() > 10 && parts[1].starts_with("eyJ")
    })
}

fn has_github_token(text: &str) -> bool {
    ["gho_", "ghp_", "ghu_", "ghs_", "ghr_", "github_pat_"].into_iter().any(|prefix| {
        text.match_indices(prefix).any(|(at, _)| {
            let rest = &text[at + prefix.len()..];
            rest.chars().take_while(|&c| c.is_ascii_alphanumeric() || c == '_').count() >= 16
        })
    })
}

fn is_base64url(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_their_form() {
        for (text, what) in [
            (r#""key":"-----BEGIN EC PRIVATE KEY-----\nMHc"#, "a private key"),
            ("-----BEGIN PRIVATE KEY-----", "a private key"),
            ("token=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln&x", "a JSON web token"),
            (r#"{"t":"eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."}"#, "a JSON web token"),
            ("Authorization: token gho_0123456789abcdefghij", "a GitHub token"),
        ] {
            assert_eq!(found_in(text), [what], "{text}");
        }
    }

    #[test]
    fn what_only_looks_alike_is_passed_over() {
        for text in [
            "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
            "-----BEGIN CERTIFICATE-----\n-----END PRIVATE KEY-----",
            "eyJust a word",
            "eyJhbGciOiJIUzI1NiJ9 alone",
            "gho_ and ghp_short",
            "é-----BEGIN ",
        ] {
            assert!(found_in(text).is_empty(), "{text}");
        }
    }
}
