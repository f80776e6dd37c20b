//! The three forms in which a code's exchange is answered.

use axum::{
    http::{
        HeaderMap,
        header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value};
use url::form_urlencoded;

/// Chosen by `Accept`; a form if it says nothing of the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyFormat {
    Form,
    Json,
    Xml,
}

impl ReplyFormat {
    pub fn of(headers: &HeaderMap) -> Self {
        let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let wanted = |name: &str| {
            accept.split(',').any(|kind| {
                kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(name)
            })
        };
        if wanted("application/json") {
            Self::Json
        } else if wanted("application/xml") {
            Self::Xml
        } else {
            Self::Form
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Form => "application/x-www-form-urlencoded; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
            Self::Xml => "application/xml; charset=utf-8",
        }
    }

    fn text(self, pairs: &[(&str, &str)]) -> String {
        match self {
            Self::Form => {
                form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
            }
            Self::Json => {
                let object: Map<String, Value> =
                    pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
                Value::Object(object).to_string()
            }
            Self::Xml => {
                let element =
                    |(name, value): &(&str, &str)| format!("<{name}>{}</{name}>", escaped(value));
                format!("<OAuth>{}</OAuth>", pairs.iter().map(element).collect::<String>())
            }
        }
    }

    /// A reply with status 200, which GitHub uses for refusals too.
    pub fn reply(self, pairs: &[(&str, &str)]) -> Response {
        let headers = [
            (CONTENT_TYPE, self.content_type()),
            (CACHE_CONTROL, "max-age=0, private, must-revalidate"),
        ];
        (headers, self.text(pairs)).into_response()
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(accept: &str) -> ReplyFormat {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, accept.parse().unwrap());
        ReplyFormat::of(&headers)
    }

    #[test]
    fn the_format_follows_accept() {
        assert_eq!(ReplyFormat::of(&HeaderMap::new()), ReplyFormat::Form);
        assert_eq!(format("*/*"), ReplyFormat::Form);
        assert_eq!(format("text/html, Application/JSON;q=0.9"), ReplyFormat::Json);
        assert_eq!(format("application/xml"), ReplyFormat::Xml);
    }

    #[test]
    fn values_are_escaped_as_each_form_needs() {
        let pairs = [("scope", "repo,user"), ("x", "a&b<c")];
        assert_eq!(ReplyFormat::Form.text(&pairs), "scope=repo%2Cuser&x=a%26b%3Cc");
        assert_eq!(ReplyFormat::Json.text(&pairs), r#"{"scope":"repo,user","x":"a&b<c"}"#);
        assert_eq!(
            ReplyFormat::Xml.text(&pairs),
            "<OAuth><scope>repo,user</scope><x>a&amp;b&lt;c</x></OAuth>"
        );
    }
}
