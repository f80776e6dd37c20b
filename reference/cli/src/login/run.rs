//! Logs in and keeps the token.

use clap::Args;
use serde_json::{Value, json};

use super::browser::Browser;
use crate::{
    arguments::Output,
    client::Client,
    failure::Failure,
    output::{print_json, print_line, text},
    token_file::TokenFile,
};

#[derive(Args, Debug)]
pub struct LoginArguments {
    #[command(flatten)]
    file: TokenFile,
    /// Write the token to stdout too.
    #[arg(long)]
    show_token: bool,
}

pub async fn run(
    arguments: &LoginArguments,
    client: &Client,
    web: &reqwest::Client,
    output: Output,
) -> Result<(), Failure> {
    // Before anything is asked for that could then not be kept.
    arguments.file.path()?;
    let answer = Browser::new(client, web).log_in().await?;
    let token = answer["token"].as_str().filter(|token| !token.is_empty()).ok_or_else(|| {
        Failure::Unreachable("failed to read the gateway's answer: it bears no token".to_owned())
    })?;
    let path = arguments.file.write(token)?;
    let shown = arguments.show_token.then_some(token);
    match output {
        Output::Json => {
            let mut told = json!({ "user": answer["user"], "tokenFile": path });
            if let Some(token) = shown {
                told["token"] = Value::from(token);
            }
            print_json(&told)
        }
        Output::Table => {
            let login = text(&answer["user"]["login"]);
            print_line(&format!("logged in as {login}; the token is in {}", path.display()))?;
            shown.map_or(Ok(()), print_line)
        }
    }
}
