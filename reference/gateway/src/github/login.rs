//! GitHub's web application flow, from the app's side.

use http::{StatusCode, header::ACCEPT, header::CONTENT_TYPE};
use persys_reference_base::Secret;
use serde::Deserialize;
use url::{Url, form_urlencoded};

use super::{GitHub, GitHubError, User, app::below};

/// To see who it is, and to list repositories, the private ones among them.
const SCOPE: &str = "read:user repo";
/// A text that is longer is no token of GitHub's.
const LONGEST_TOKEN: usize = 1024;

/// Either of two shapes; GitHub answers both with 200.
#[derive(Deserialize)]
struct Reply {
    access_token: Option<String>,
    token_type: Option<String>,
    error: Option<String>,
}

impl GitHub {
    /// Where a browser goes to let the gateway act for its user.
    pub fn authorization(&self, state: &str, challenge: &str) -> Url {
        let mut url = below(&self.app.url, "login/oauth/authorize");
        url.query_pairs_mut()
            .append_pair("client_id", &self.app.client_id)
            .append_pair("redirect_uri", self.app.callback().as_str())
            .append_pair("scope", SCOPE)
            .append_pair("state", state)
            .append_pair("code_challenge", challenge)
            .append_pair("code_challenge_method", "S256");
        url
    }

    /// Who GitHub's code is of, and an access token to act for them.
    pub async fn log_in(&self, code: &str, verifier: &str) -> Result<(User, Secret), GitHubError> {
        self.in_time(async {
            let access_token = self.exchange(code, verifier).await?;
            Ok((self.user(&access_token).await?, access_token))
        })
        .await
    }

    /// Gives a code, once, for an access token.
    async fn exchange(&self, code: &str, verifier: &str) -> Result<Secret, GitHubError> {
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", &self.app.client_id)
            .append_pair("client_secret", self.app.client_secret.expose())
            .append_pair("code", code)
            .append_pair("redirect_uri", self.app.callback().as_str())
            .append_pair("code_verifier", verifier)
            .finish();
        let request = self
            .http
            .post(below(&self.app.url, "login/oauth/access_token"))
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form);
        let answer = self.send(request).await?;
        if answer.status != StatusCode::OK {
            let status = answer.status.as_u16();
            return Err(GitHubError::Nonsense(format!("status {status} for a code")));
        }
        read_reply(&answer.body)
    }
}

fn read_reply(body: &[u8]) -> Result<Secret, GitHubError> {
    // The reader's own error could show a part of the token.
    let reply: Reply = serde_json::from_slice(body)
        .map_err(|_| GitHubError::nonsense("a code's answer is not of the expected JSON"))?;
    match reply {
        Reply { error: Some(error), .. } if error == "bad_verification_code" => {
            Err(GitHubError::Code)
        }
        Reply { error: Some(error), .. } => {
            Err(GitHubError::App(error.chars().filter(|c| !c.is_control()).take(100).collect()))
        }
        Reply { access_token: Some(token), token_type: Some(kind), .. }
            if kind.eq_ignore_ascii_case("bearer") && is_token(&token) =>
        {
            Ok(Secret::new(token))
        }
        _ => Err(GitHubError::nonsense("a code's answer bears no bearer token")),
    }
}

fn is_token(text: &str) -> bool {
    (1..=LONGEST_TOKEN).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_taken_and_each_refusal_is_told_apart() {
        let token = read_reply(br#"{"access_token":"gho_1","scope":"repo","token_type":"bearer"}"#);
        assert_eq!(token.unwrap().expose(), "gho_1");
        let code = read_reply(br#"{"error":"bad_verification_code"}"#).unwrap_err();
        assert!(matches!(code, GitHubError::Code));
        for error in ["incorrect_client_credentials", "redirect_uri_mismatch"] {
            let body = serde_json::json!({"error": error, "error_description": "x"});
            let error = read_reply(body.to_string().as_bytes()).unwrap_err();
            assert!(matches!(error, GitHubError::App(_)), "{error}");
        }
    }

    #[test]
    fn anything_else_is_nonsense_and_shows_nothing_of_a_token() {
        for body in [
            "",
            "<html>",
            "{}",
            "access_token=gho_1&token_type=bearer",
            r#"{"access_token":"gho_1"}"#,
            r#"{"access_token":"gho_1","token_type":"mac"}"#,
            r#"{"access_token":"","token_type":"bearer"}"#,
            r#"{"access_token":"gho 1","token_type":"bearer"}"#,
            r#"{"access_token":["gho_1"],"token_type":"bearer"}"#,
        ] {
            let error = read_reply(body.as_bytes()).unwrap_err();
            assert!(matches!(error, GitHubError::Nonsense(_)), "{body}: {error}");
            assert!(!error.to_string().contains("gho"), "{error}");
        }
    }
}
