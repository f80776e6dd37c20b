//! What the login with GitHub needs to know (contract §1).

use std::path::PathBuf;

use clap::Args;
use persys_reference_base::{Secret, config::ConfigError};
use url::Url;

use super::App;

/// HS256 wants a key as long as its digest, in bytes.
const SHORTEST_KEY: usize = 32;

/// All or none of these, but for GITHUB_CA.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Login with GitHub; off unless configured")]
pub struct GitHubArguments {
    /// GitHub's address, such as https://github.com.
    #[arg(long, env = "GITHUB_URL", value_name = "GITHUB_URL", value_parser = https)]
    github_url: Option<Url>,
    /// Its API's address, such as https://api.github.com.
    #[arg(long, env = "GITHUB_API_URL", value_name = "GITHUB_API_URL", value_parser = https)]
    github_api_url: Option<Url>,
    /// The OAuth app's client id.
    #[arg(long, env = "GITHUB_CLIENT_ID", value_name = "GITHUB_CLIENT_ID")]
    github_client_id: Option<String>,
    /// A file with the OAuth app's client secret.
    #[arg(long, env = "GITHUB_CLIENT_SECRET_FILE", value_name = "GITHUB_CLIENT_SECRET_FILE")]
    github_client_secret_file: Option<PathBuf>,
    /// A file with the secret that GitHub signs webhooks with.
    #[arg(long, env = "GITHUB_WEBHOOK_SECRET_FILE", value_name = "GITHUB_WEBHOOK_SECRET_FILE")]
    github_webhook_secret_file: Option<PathBuf>,
    /// The authorities that GitHub's certificate may be of, in PEM; TLS_CA if not given.
    #[arg(long, env = "GITHUB_CA", value_name = "GITHUB_CA")]
    github_ca: Option<PathBuf>,
    /// A file with the key that signs the users' tokens: a text of at least 32 bytes.
    #[arg(long, env = "JWT_KEY_FILE", value_name = "JWT_KEY_FILE")]
    jwt_key_file: Option<PathBuf>,
    /// The gateway's own address as browsers know it, such as https://10.0.0.1:8551.
    #[arg(long, env = "PUBLIC_URL", value_name = "PUBLIC_URL", value_parser = https)]
    public_url: Option<Url>,
}

/// A value that stops the start; the text names the variable.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("{missing} is not set, though {given} is; the login with GitHub needs both")]
    Missing { missing: &'static str, given: &'static str },
    #[error(transparent)]
    Secret(#[from] ConfigError),
    #[error("JWT_KEY_FILE names {}, which holds fewer than {SHORTEST_KEY} bytes", .0.display())]
    ShortKey(PathBuf),
}

impl GitHubArguments {
    /// Reads everything; nothing where none of GITHUB_* is given.
    pub fn app(&self) -> Result<Option<App>, SettingsError> {
        let given = [
            ("GITHUB_URL", self.github_url.is_some()),
            ("GITHUB_API_URL", self.github_api_url.is_some()),
            ("GITHUB_CLIENT_ID", self.github_client_id.is_some()),
            ("GITHUB_CLIENT_SECRET_FILE", self.github_client_secret_file.is_some()),
            ("GITHUB_WEBHOOK_SECRET_FILE", self.github_webhook_secret_file.is_some()),
            ("GITHUB_CA", self.github_ca.is_some()),
        ];
        let Some((given, _)) = given.into_iter().find(|(_, is_given)| *is_given) else {
            return Ok(None);
        };
        let missing = |missing| SettingsError::Missing { missing, given };
        let url = |name, value: &Option<Url>| value.clone().ok_or_else(|| missing(name));
        let file = |name, value: &Option<PathBuf>| value.clone().ok_or_else(|| missing(name));
        let secret = |name, value: &Option<PathBuf>| {
            Ok::<_, SettingsError>(Secret::read(name, &file(name, value)?)?)
        };

        let jwt_key_file = file("JWT_KEY_FILE", &self.jwt_key_file)?;
        let jwt_key = Secret::read("JWT_KEY_FILE", &jwt_key_file)?;
        if jwt_key.as_bytes().len() < SHORTEST_KEY {
            return Err(SettingsError::ShortKey(jwt_key_file));
        }
        Ok(Some(App {
            url: url("GITHUB_URL", &self.github_url)?,
            api_url: url("GITHUB_API_URL", &self.github_api_url)?,
            public_url: url("PUBLIC_URL", &self.public_url)?,
            client_id: self.github_client_id.clone().ok_or_else(|| missing("GITHUB_CLIENT_ID"))?,
            client_secret: secret("GITHUB_CLIENT_SECRET_FILE", &self.github_client_secret_file)?,
            webhook_secret: secret("GITHUB_WEBHOOK_SECRET_FILE", &self.github_webhook_secret_file)?,
            jwt_key,
            ca: self.github_ca.clone(),
        }))
    }
}

/// Secrets travel there, so nothing but https will do.
fn https(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    if url.scheme() != "https" || !url.username().is_empty() || url.password().is_some() {
        return Err("expected an https address without a user".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("expected an address without ? and #".to_owned());
    }
    Ok(url)
}

#[cfg(test)]
#[path = "arguments_tests.rs"]
mod tests;
