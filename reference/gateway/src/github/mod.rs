//! GitHub as the gateway uses it: an OAuth app's login and the user's
//! repositories (contract §4, GitHub OAuth).

mod app;
mod arguments;
mod client;
mod error;
mod link;
mod login;
mod repositories;
mod user;

pub use app::{App, SetUpError};
pub use arguments::{GitHubArguments, SettingsError};
pub use client::GitHub;
pub use error::GitHubError;
pub use repositories::Repository;
pub use user::User;
