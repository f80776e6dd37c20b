//! GitHub's web application flow.

mod access_token;
mod authorize;
mod challenge;
mod redirect_uri;
mod reply_format;
mod routes;

pub use challenge::{ChallengeError, read_challenge, verifies};
pub use redirect_uri::may_redirect;
pub use routes::routes;
