//! A text that is used, compared and signed with, and never shown.

use std::{fmt, path::Path};

use subtle::ConstantTimeEq;

use crate::config::ConfigError;

/// Its `Debug` does not tell it.
#[derive(Clone)]
pub struct Secret(String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl PartialEq for Secret {
    /// In constant time too.
    fn eq(&self, other: &Self) -> bool {
        self.is(&other.0)
    }
}

impl Eq for Secret {}

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Reads a secret; blanks at the file's end do not count.
    pub fn read(variable: &'static str, path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|cause| ConfigError::Unreadable {
            variable,
            path: path.to_owned(),
            cause,
        })?;
        let text = text.trim_end();
        if text.is_empty() {
            return Err(ConfigError::EmptyFile { variable, path: path.to_owned() });
        }
        Ok(Self::new(text))
    }

    /// Compares in constant time.
    pub fn is(&self, given: &str) -> bool {
        self.0.as_bytes().ct_eq(given.as_bytes()).into()
    }

    /// The text itself, for whom it was made for and for nobody else.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_without_its_line_end_and_is_not_shown() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "s3cret\r\n").unwrap();
        let secret = Secret::read("X_FILE", file.path()).unwrap();
        assert_eq!(secret.expose(), "s3cret");
        assert!(secret.is("s3cret"));
        assert!(!secret.is("s3cret\r") && !secret.is(""));
        assert_eq!(format!("{secret:?}"), "Secret");
    }

    #[test]
    fn an_empty_file_holds_no_secret() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), " \n").unwrap();
        let error = Secret::read("X_FILE", file.path()).unwrap_err().to_string();
        assert!(error.starts_with("X_FILE names ") && error.ends_with("which is empty"), "{error}");
    }
}
