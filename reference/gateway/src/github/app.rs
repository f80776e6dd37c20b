//! The gateway as an OAuth app of GitHub's.

use std::path::PathBuf;

use persys_reference_base::Secret;
use url::Url;

/// All that was configured, with the secrets read.
#[derive(Clone, Debug)]
pub struct App {
    pub url: Url,
    pub api_url: Url,
    /// The gateway's own address as browsers know it.
    pub public_url: Url,
    pub client_id: String,
    pub client_secret: Secret,
    pub webhook_secret: Secret,
    pub jwt_key: Secret,
    pub ca: Option<PathBuf>,
}

/// Why GitHub cannot be called at all; stops the start.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    #[error("cannot use GITHUB_CA: {0}")]
    Ca(#[from] persys_identity::CredentialError),
    #[error("cannot set up the calls to GitHub: {0}")]
    Http(#[from] reqwest::Error),
}

impl App {
    /// Where GitHub sends browsers back to.
    pub fn callback(&self) -> Url {
        below(&self.public_url, "auth/callback")
    }
}

/// The address of something below another one.
pub fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    // An https address can always bear a path.
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path.split('/'));
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_put_below_the_base_with_or_without_a_slash() {
        for (base, expected) in [
            ("https://h", "https://h/user/repos"),
            ("https://h/api/v3", "https://h/api/v3/user/repos"),
            ("https://h:1/api/v3/", "https://h:1/api/v3/user/repos"),
        ] {
            let base = Url::parse(base).unwrap();
            assert_eq!(below(&base, "user/repos").as_str(), expected);
        }
    }
}
