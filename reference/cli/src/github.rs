//! `persys-cli github`.

use clap::Subcommand;

use crate::{
    arguments::Output,
    client::Client,
    failure::Failure,
    output::{print_json, print_table, rows, text},
    token_file::TokenFile,
};

#[derive(Debug, Subcommand)]
pub enum GithubCommand {
    /// List your repositories.
    Repos(TokenFile),
}

pub async fn run(command: &GithubCommand, client: &Client, output: Output) -> Result<(), Failure> {
    let GithubCommand::Repos(token) = command;
    let answer = client.get_as(&token.read()?, &["github", "list", "repos"]).await?;
    if output == Output::Json {
        return print_json(&answer);
    }
    let table = rows(&answer["repos"]).iter().map(|repository| {
        let private = if repository["private"] == true { "yes" } else { "no" };
        vec![
            text(&repository["full_name"]),
            private.to_owned(),
            text(&repository["default_branch"]),
            text(&repository["clone_url"]),
        ]
    });
    print_table(&["REPOSITORY", "PRIVATE", "BRANCH", "CLONE"], table)
}
