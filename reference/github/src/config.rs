//! The stand-in's configuration.

use std::{net::SocketAddr, path::PathBuf};

use clap::Parser;
use persys_identity::Credentials;
use persys_reference_base::{
    Secret,
    config::{ConfigError, TlsFiles},
};
use url::Url;

/// Stands in for GitHub in a test network: OAuth, API, Git over HTTP, webhooks.
#[derive(Clone, Debug, Parser)]
#[command(name = "persys-github", version)]
pub struct Config {
    /// Where everything is served over HTTPS.
    #[arg(long, env = "LISTEN", value_name = "LISTEN", default_value = "0.0.0.0:443")]
    pub listen: SocketAddr,
    #[command(flatten)]
    pub tls: TlsFiles,
    /// The folder that keeps accounts, tokens and repositories from one start to the next.
    #[arg(long, env = "DATA_DIR", value_name = "DATA_DIR")]
    pub data_dir: PathBuf,
    /// The folder with the first accounts and repositories; a built-in one if not given.
    #[arg(long, env = "SEED", value_name = "SEED")]
    pub seed: Option<PathBuf>,
    /// The Git program.
    #[arg(long, env = "GIT_PROGRAM", value_name = "GIT_PROGRAM", default_value = "git")]
    pub git_program: PathBuf,
    /// The account that is signed in at first, and that approves what is asked of it.
    #[arg(long, env = "GITHUB_LOGIN", value_name = "GITHUB_LOGIN", default_value = "octocat")]
    pub github_login: String,
    /// The OAuth app's client id.
    #[arg(long, env = "GITHUB_CLIENT_ID", value_name = "GITHUB_CLIENT_ID")]
    pub github_client_id: String,
    /// A file with the OAuth app's client secret.
    #[arg(long, env = "GITHUB_CLIENT_SECRET_FILE", value_name = "GITHUB_CLIENT_SECRET_FILE")]
    pub github_client_secret_file: PathBuf,
    /// The callback URL that the OAuth app has registered.
    #[arg(long, env = "GITHUB_CALLBACK_URL", value_name = "GITHUB_CALLBACK_URL")]
    pub github_callback_url: Url,
    /// A file with the secret that webhooks are signed with unless told otherwise.
    #[arg(long, env = "GITHUB_WEBHOOK_SECRET_FILE", value_name = "GITHUB_WEBHOOK_SECRET_FILE")]
    pub github_webhook_secret_file: Option<PathBuf>,
    /// The client certificate that webhooks are sent with, in PEM.
    #[arg(long, env = "WEBHOOK_CERT", value_name = "WEBHOOK_CERT", requires = "webhook_key")]
    pub webhook_cert: Option<PathBuf>,
    /// Its private key in PEM.
    #[arg(long, env = "WEBHOOK_KEY", value_name = "WEBHOOK_KEY", requires = "webhook_cert")]
    pub webhook_key: Option<PathBuf>,
    /// A file with the token of the tests' interface; without it there is none.
    #[arg(long, env = "ADMIN_TOKEN_FILE", value_name = "ADMIN_TOKEN_FILE")]
    pub admin_token_file: Option<PathBuf>,
    /// Requests to the API that one account has an hour.
    #[arg(long, env = "RATE_LIMIT", value_name = "RATE_LIMIT", default_value = "5000",
          value_parser = clap::value_parser!(u32).range(1..))]
    pub rate_limit: u32,
}

/// What the secret files hold.
pub struct Secrets {
    pub client_secret: Secret,
    pub webhook_secret: Option<Secret>,
    pub admin_token: Option<Secret>,
}

impl Config {
    /// Reads every secret; an error names the variable and the file.
    pub fn secrets(&self) -> Result<Secrets, ConfigError> {
        let optional = |variable, path: &Option<PathBuf>| {
            path.as_ref().map(|path| Secret::read(variable, path)).transpose()
        };
        Ok(Secrets {
            client_secret: Secret::read(
                "GITHUB_CLIENT_SECRET_FILE",
                &self.github_client_secret_file,
            )?,
            webhook_secret: optional(
                "GITHUB_WEBHOOK_SECRET_FILE",
                &self.github_webhook_secret_file,
            )?,
            admin_token: optional("ADMIN_TOKEN_FILE", &self.admin_token_file)?,
        })
    }

    /// The pair that webhooks are sent with, if there is one.
    pub fn webhook_credentials(&self) -> Option<Credentials> {
        let (cert, key) = self.webhook_cert.clone().zip(self.webhook_key.clone())?;
        Some(Credentials { cert, key, ca: self.tls.tls_ca.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEEDED: [&str; 14] = [
        "--tls-cert",
        "a",
        "--tls-key",
        "b",
        "--tls-ca",
        "c",
        "--data-dir",
        "d",
        "--github-client-id",
        "app",
        "--github-client-secret-file",
        "/nowhere/secret",
        "--github-callback-url",
        "https://gateway.persys.local:8551/auth/callback",
    ];

    fn parse(more: &[&str]) -> Result<Config, clap::Error> {
        Config::try_parse_from([&["persys-github"], &NEEDED[..], more].concat())
    }

    #[test]
    fn what_may_be_left_out_has_github_s_values() {
        let config = parse(&[]).unwrap();
        assert_eq!(config.listen.port(), 443);
        assert_eq!(config.rate_limit, 5000);
        assert!(config.webhook_credentials().is_none());
    }

    #[test]
    fn each_refusal_names_the_variable() {
        for (more, variable) in [
            (["--github-callback-url", "callback"], "GITHUB_CALLBACK_URL"),
            (["--webhook-cert", "x"], "WEBHOOK_KEY"),
            (["--rate-limit", "0"], "RATE_LIMIT"),
            (["--listen", "somewhere"], "LISTEN"),
        ] {
            let mut more = more.to_vec();
            let mut arguments = NEEDED.to_vec();
            arguments.retain(|argument| !more.contains(argument));
            if more[0] == "--github-callback-url" {
                arguments.truncate(12);
            }
            more.splice(0..0, arguments);
            more.insert(0, "persys-github");
            let refusal = Config::try_parse_from(more).unwrap_err().to_string();
            assert!(refusal.contains(variable), "{refusal}");
        }
        let error = parse(&[]).unwrap().secrets().err().unwrap().to_string();
        assert!(
            error.starts_with("cannot read GITHUB_CLIENT_SECRET_FILE /nowhere/secret: "),
            "{error}"
        );
    }
}
