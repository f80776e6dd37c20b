//! A stand-in for GitHub in a test network, faithful on the wire: the web
//! application flow of OAuth, the API, Git over HTTP and a sender of webhooks
//! (contract §4, GitHub OAuth).
//!
//! Everything is served over HTTPS on one address; no client certificate is asked for.
//!
//! | what | where |
//! |---|---|
//! | OAuth | `GET /login/oauth/authorize`, `POST /login/oauth/access_token` |
//! | API | `GET /api/v3/user`, `/api/v3/user/emails`, `/api/v3/user/repos` |
//! | Git, to read | `/<owner>/<repository>.git` |
//! | the tests' interface | below `/_test`, see [`admin`] |
//!
//! `GITHUB_URL` of the platform is thus `https://<host>`, `GITHUB_API_URL`
//! `https://<host>/api/v3`. Every link in a response names the host that the request
//! named.
//!
//! # Configuration
//!
//! By environment or by flags of the same name (`DATA_DIR`, `--data-dir`). A missing or
//! unreadable value stops the start with exit code 2 and a message that names it.
//!
//! | variable | default | meaning |
//! |---|---|---|
//! | `LISTEN` | `0.0.0.0:443` | address and port |
//! | `TLS_CERT`, `TLS_KEY` | needed | the server's certificate and key, PEM |
//! | `TLS_CA` | needed | whom the sender of webhooks trusts, PEM |
//! | `WEBHOOK_CERT`, `WEBHOOK_KEY` | none | what it shows to receivers that ask for a certificate |
//! | `DATA_DIR` | needed | keeps `state.json` and `repositories/`; a restart goes on from there |
//! | `SEED` | built in | a folder with `seed.json` and the files of its repositories |
//! | `GIT_PROGRAM` | `git` | Git, with `git http-backend` |
//! | `GITHUB_LOGIN` | `octocat` | the account at the browser, which approves every app |
//! | `GITHUB_CLIENT_ID` | needed | the OAuth app's client id |
//! | `GITHUB_CLIENT_SECRET_FILE` | needed | its secret |
//! | `GITHUB_CALLBACK_URL` | needed | its registered callback |
//! | `GITHUB_WEBHOOK_SECRET_FILE` | none | signs webhooks unless an order brings its own secret |
//! | `ADMIN_TOKEN_FILE` | none | opens the tests' interface, which is not there without it |
//! | `RATE_LIMIT` | 5000 | requests to the API an hour and account; without a token it is 60 by address |
//!
//! # Where it differs from GitHub
//!
//! The account at the browser answers at once; nobody sees a page. There is one app.
//! `X-Hub-Signature`, the SHA-1 of old, is not sent. A wrong `code_verifier` uses the
//! code up and is answered `bad_verification_code`.

pub mod admin;
pub mod api;
mod config;
mod frame;
pub mod git;
mod github;
pub mod oauth;
mod page;
pub mod records;
mod service;
pub mod webhooks;

pub use config::{Config, Secrets};
pub use github::{App, GitHub, Parts};
pub use service::{serve, start};

/// The service's name in logs.
pub const SERVICE: &str = "github";
