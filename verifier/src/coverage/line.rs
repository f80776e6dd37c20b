//! One line of the strategy that asks for something.

/// A line and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Stable: `§4 step 2`, `§4 result 1`, `criterion performance 3`, `metric 6`, ….
    pub key: String,
    /// The heading that it stands below.
    pub heading: String,
    pub text: String,
}

impl Line {
    /// The same however it is set: without blanks and capitals.
    pub fn is_about(&self, text: &str) -> bool {
        plain(&self.text) == plain(text)
    }
}

fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}
