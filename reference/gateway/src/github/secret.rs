//! A secret that lies in a file.

use std::{fmt, path::Path};

use persys_reference_base::config::ConfigError;

/// Used and never shown.
#[derive(Clone)]
pub struct Secret(String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

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

    pub fn as_str(&self) -> &str {
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
        std::fs::write(file.path(), "s3cret\n").unwrap();
        let secret = Secret::read("X_FILE", file.path()).unwrap();
        assert_eq!(secret.as_str(), "s3cret");
        assert_eq!(format!("{secret:?}"), "Secret");
        std::fs::write(file.path(), " \n").unwrap();
        let error = Secret::read("X_FILE", file.path()).unwrap_err().to_string();
        assert!(error.starts_with("X_FILE names "), "{error}");
    }
}
