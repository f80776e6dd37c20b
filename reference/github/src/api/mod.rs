//! GitHub's REST API, as far as the platform uses it, below `/api/v3` as on an
//! Enterprise Server.

mod api_error;
mod authorization;
mod base_url;
mod frame;
mod pagination;
mod rate_limits;
mod repositories;
mod routes;
mod users;

pub use api_error::ApiError;
pub use authorization::{Caller, Credential, read_credential};
pub use base_url::BaseUrl;
pub use rate_limits::RateLimits;
pub use repositories::repository_json;
pub use routes::{PREFIX, routes};
pub use users::user_json;
