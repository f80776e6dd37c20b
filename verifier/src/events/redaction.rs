//! Takes secrets out of whatever is about to be written.

use serde_json::Value;

/// Shorter texts would be found where they are no secrets.
const SHORTEST: usize = 12;
const REPLACEMENT: &str = "[redacted]";

/// Secrets, by value.
#[derive(Default)]
pub struct Redaction {
    /// As they are, longest first, so that none is cut by a part of itself.
    secrets: Vec<String>,
    /// As they look inside a JSON string.
    escaped: Vec<String>,
}

impl Redaction {
    pub fn hide(&mut self, secret: &str) {
        let secret = secret.trim();
        if secret.len() < SHORTEST || self.secrets.iter().any(|known| known == secret) {
            return;
        }
        self.secrets.push(secret.to_owned());
        self.secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        let quoted = |secret: &String| Value::from(secret.as_str()).to_string();
        self.escaped =
            self.secrets.iter().map(|secret| quoted(secret).trim_matches('"').to_owned()).collect();
    }

    /// Whether a line of JSON bears a secret.
    pub fn concerns(&self, json: &str) -> bool {
        self.escaped.iter().any(|secret| json.contains(secret))
    }

    pub fn clean_text(&self, text: &mut String) {
        for secret in self.secrets.iter().chain(&self.escaped) {
            if text.contains(secret) {
                *text = text.replace(secret, REPLACEMENT);
            }
        }
    }

    pub fn clean(&self, value: &mut Value) {
        match value {
            Value::String(text) => self.clean_text(text),
            Value::Array(values) => values.iter_mut().for_each(|value| self.clean(value)),
            Value::Object(fields) => {
                let keys: Vec<String> =
                    fields.keys().filter(|key| self.concerns(key)).cloned().collect();
                for key in keys {
                    if let Some(value) = fields.remove(&key) {
                        fields.insert(REPLACEMENT.to_owned(), value);
                    }
                }
                fields.values_mut().for_each(|value| self.clean(value));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_taken_out_wherever_they_stand() {
        let mut redaction = Redaction::default();
        redaction.hide("0123456789abcdef");
        redaction.hide("-----BEGIN KEY-----\nabc\n-----END KEY-----\n");
        redaction.hide("short");
        let mut value = json!({
            "a": ["x 0123456789abcdef y", "short"],
            "0123456789abcdef": 1,
            "pem": "-----BEGIN KEY-----\nabc\n-----END KEY-----",
            "nested": r#"{"key":"-----BEGIN KEY-----\nabc\n-----END KEY-----"}"#,
        });
        assert!(redaction.concerns(&value.to_string()));
        redaction.clean(&mut value);
        assert_eq!(
            value,
            json!({
                "a": ["x [redacted] y", "short"],
                "[redacted]": 1,
                "pem": "[redacted]",
                "nested": r#"{"key":"[redacted]"}"#,
            })
        );
        assert!(!redaction.concerns(&value.to_string()));
    }
}
