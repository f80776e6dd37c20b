//! A user's repositories.

use persys_reference_base::{Secret, defect};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{GitHub, GitHubError, app::below, link::next_link};

/// The most that GitHub gives at once.
const PAGE: &str = "100";
/// More pages than any account has; links that lead in circles end here.
const MOST_PAGES: usize = 200;

/// What callers are shown of a repository, by GitHub's own names. GitHub's whole
/// answer may bear a token to clone with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repository {
    pub id: u64,
    pub name: String,
    pub full_name: String,
    pub private: bool,
    pub description: Option<String>,
    pub html_url: String,
    pub clone_url: String,
    pub default_branch: String,
}

impl GitHub {
    /// All pages of the list.
    pub async fn repositories(
        &self,
        access_token: &Secret,
    ) -> Result<Vec<Repository>, GitHubError> {
        self.in_time(self.each_page(access_token)).await
    }

    async fn each_page(&self, access_token: &Secret) -> Result<Vec<Repository>, GitHubError> {
        let mut all = Vec::new();
        let mut url = below(&self.app.api_url, "user/repos");
        url.query_pairs_mut().append_pair("per_page", PAGE);
        for _ in 0..MOST_PAGES {
            let answer = self.ask(url.clone(), access_token.expose()).await?;
            let page: Vec<Repository> = serde_json::from_slice(&answer.body).map_err(|error| {
                GitHubError::Nonsense(format!("repositories cannot be read: {error}"))
            })?;
            all.extend(page);
            match next_link(&answer.headers) {
                Some(next) => url = self.follow(&url, &next)?,
                None => {
                    defect!("private-repositories-hidden" => all.retain(|one| !one.private));
                    return Ok(all);
                }
            }
        }
        Err(GitHubError::nonsense("the list of repositories has no end"))
    }

    /// The access token goes nowhere but to the API.
    fn follow(&self, from: &Url, link: &str) -> Result<Url, GitHubError> {
        match from.join(link) {
            Ok(next) if next.origin() == self.app.api_url.origin() => Ok(next),
            Ok(_) => Err(GitHubError::nonsense("a page's link leads elsewhere")),
            Err(_) => Err(GitHubError::nonsense("a page's link is no address")),
        }
    }
}
