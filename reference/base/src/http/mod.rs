//! The frame around every HTTP request and the pieces its handlers use.

mod api_error;
mod body;
mod frame;
mod json;
mod peer;

pub use api_error::{ApiError, Verbatim};
pub use body::{LimitedBytes, discard_body, read_body};
pub use frame::{framed, framed_around};
pub use json::StrictJson;
pub use peer::peer_of;
