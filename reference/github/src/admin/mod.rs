//! The tests' interface: everything below `/_test`, for who shows the admin token as
//! a bearer token.
//!
//! Bodies are JSON in camelCase; what is made is answered with 201. Refusals are
//! `{"message"}` with 401 (token), 404 (no such thing), 409 (name taken or unfit) or
//! 422 (body). Accounts and repositories are shown as the API shows them, deliveries
//! as GitHub's own list of deliveries does.
//!
//! | request | effect |
//! |---|---|
//! | `POST /users` `{login, id?, name?, email?, emails?}` | makes an account |
//! | `POST /repositories` `{owner, name, private?, description?, defaultBranch?, branches?}` | makes a repository; `branches` is `{branch: {path: text}}` |
//! | `DELETE /repositories/{owner}/{name}` | 204; removes it with its content |
//! | `POST /tokens` `{login, scope?, expiresIn?}` | `{token}`; `expiresIn` in seconds, 0 for one that is too old |
//! | `POST /tokens/revoke` `{token}` or `{login}` | `{revoked}`: how many |
//! | `POST /codes` `{login?, scope?, redirectUri?, codeChallenge?, ageSeconds?}` | `{code}`; from 600 s on it is too old |
//! | `POST /codes/expire` | `{expired}`: how many codes were waiting to be exchanged |
//! | `PUT /session` `{login, approves}` | who answers the next authorizations, and how; `GET` shows it |
//! | `POST /webhooks` `{url, event, payload or body, secret?, delivery?, tamper?}` | sends a webhook and gives the delivery, however it ended |
//! | `POST /webhooks/{id}/redeliver` | sends the same bytes under the same `X-GitHub-Delivery` |
//! | `GET /webhooks`, `GET /webhooks/{id}` | the last 500 deliveries, newest first; one with request and response |
//!
//! `tamper` is one of `body`, `signature`, `scheme`, `secret`, `missing-signature`,
//! `missing-event`, `missing-delivery`; `secret` may be empty for an unsigned webhook. A
//! delivery's `status_code` is 502 when nobody answered and 504 when nobody did in time.

mod accounts;
mod authorization;
mod body;
mod gate;
mod repositories;
mod routes;
mod webhooks;

pub use routes::{PREFIX, routes};
