//! Values as they stand in a table.

use serde_json::Value;

/// The entries of a list; an absent list has none.
pub fn rows(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A value on one line: `-` where there is none, and nothing in it that could
/// steer a terminal.
pub fn text(value: &Value) -> String {
    let text = match value {
        Value::Null => return "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.trim().is_empty() { "-".to_owned() } else { text }
}

/// A number with at most two decimals.
pub fn number(value: &Value) -> String {
    match value.as_f64() {
        None => "-".to_owned(),
        Some(number) => {
            let text = format!("{number:.2}");
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
    }
}

/// Bytes in the largest unit of which there is at least one.
pub fn bytes(value: &Value) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let Some(mut amount) = value.as_f64() else { return "-".to_owned() };
    let mut unit = 0;
    while amount >= 1024.0 && unit + 1 < UNITS.len() {
        amount /= 1024.0;
        unit += 1;
    }
    format!("{}{}", number(&((amount * 10.0).round() / 10.0).into()), UNITS[unit])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_shown_on_one_line() {
        assert_eq!(text(&json!("a\n\u{1b}[31mb")), "a  [31mb");
        assert_eq!(text(&json!(null)), "-");
        assert_eq!(text(&json!("")), "-");
        assert_eq!(text(&json!(3)), "3");
    }

    #[test]
    fn amounts_are_rounded() {
        assert_eq!(number(&json!(2.0)), "2");
        assert_eq!(number(&json!(0.456)), "0.46");
        assert_eq!(number(&json!(100)), "100");
        assert_eq!(bytes(&json!(512)), "512B");
        assert_eq!(bytes(&json!(1536)), "1.5KiB");
        assert_eq!(bytes(&json!(8_589_934_592_u64)), "8GiB");
    }

    #[test]
    fn an_absent_list_is_an_empty_one() {
        assert!(rows(&json!(null)).is_empty());
        assert_eq!(rows(&json!([1])).len(), 1);
    }
}
