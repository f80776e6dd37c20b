//! The `Link` header that joins the pages of a list (RFC 8288).

use http::{HeaderMap, header::LINK};

/// The address of the page that follows.
pub fn next_link(headers: &HeaderMap) -> Option<String> {
    let texts = headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok());
    texts.flat_map(links).find(|(_, is_next)| *is_next).map(|(target, _)| target.to_owned())
}

/// Each target, and whether it is the next page.
fn links(text: &str) -> Vec<(&str, bool)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('<') {
        let Some((target, after)) = after.split_once('>') else { break };
        let end = end_of_parameters(after);
        found.push((target, after[..end].split(';').any(says_next)));
        rest = &after[end..];
    }
    found
}

/// A link ends at a comma outside of quotes.
fn end_of_parameters(text: &str) -> usize {
    let mut quoted = false;
    let comma = text.char_indices().find(|&(_, sign)| {
        quoted ^= sign == '"';
        sign == ',' && !quoted
    });
    comma.map_or(text.len(), |(place, _)| place)
}

fn says_next(parameter: &str) -> bool {
    let Some((name, value)) = parameter.split_once('=') else { return false };
    let relations = value.trim().trim_matches('"');
    name.trim().eq_ignore_ascii_case("rel")
        && relations.split_ascii_whitespace().any(|one| one.eq_ignore_ascii_case("next"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(texts: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for text in texts {
            headers.append(LINK, text.parse().unwrap());
        }
        next_link(&headers)
    }

    #[test]
    fn the_next_page_is_found_among_others() {
        let two = r#"<https://h/r?page=1>; rel="prev", <https://h/r?page=3>; rel="next""#;
        assert_eq!(next(&[two]).as_deref(), Some("https://h/r?page=3"));
        let odd = r#"<https://h/a,b;c>; title="x, y"; rel=next"#;
        assert_eq!(next(&[odd]).as_deref(), Some("https://h/a,b;c"));
        let several = r#"<https://h/2>; rel="last next""#;
        assert_eq!(
            next(&[r#"<https://h/1>; rel="first""#, several]).as_deref(),
            Some("https://h/2")
        );
    }

    #[test]
    fn a_last_page_has_none() {
        let first = r#"<https://h/r?page=1>; rel="first""#;
        for texts in [&[][..], &[first], &[""], &["<https://h"], &["https://h; rel=next"]] {
            assert_eq!(next(texts), None, "{texts:?}");
        }
        assert_eq!(next(&[r#"<https://h/1>; rel="nextish", <https://h/2>; rev="next""#]), None);
    }
}
