//! The alphabets that Hydra's files allow.

/// A metric's name: `[A-Za-z0-9._-]+`.
pub fn name(text: &str) -> String {
    spelled(text, "._-")
}

/// A metric's unit: `[A-Za-z0-9._%-]+`; `1/s` becomes `1_per_s`.
pub fn unit(text: &str) -> String {
    spelled(&text.replace('/', "_per_").replace('µ', "u"), "._%-")
}

fn spelled(text: &str, more: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || more.contains(c);
    text.chars().map(|c| if allowed(c) { c } else { '_' }).collect()
}

/// A path of a product, in quotes if Hydra would cut it at a blank.
pub fn path(text: &str) -> String {
    if text.contains(char::is_whitespace) { format!("\"{text}\"") } else { text.to_owned() }
}
