//! Who has logged in.

use persys_reference_base::Secret;
use serde::{Deserialize, Serialize};

use super::{GitHub, GitHubError, app::below};

/// An account, as callers are shown it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub id: u64,
    pub login: String,
    pub name: Option<String>,
    /// None if the account shows none in public.
    pub email: Option<String>,
}

impl GitHub {
    /// The account that a new access token is of.
    pub(super) async fn user(&self, access_token: &Secret) -> Result<User, GitHubError> {
        let asking = self.ask(below(&self.app.api_url, "user"), access_token.expose());
        let answer = match asking.await {
            Err(GitHubError::Token) => {
                return Err(GitHubError::nonsense("its own new token is refused"));
            }
            answer => answer?,
        };
        serde_json::from_slice(&answer.body)
            .map_err(|error| GitHubError::Nonsense(format!("an account cannot be read: {error}")))
    }
}
