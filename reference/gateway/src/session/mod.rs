//! What the gateway hands out to a user who logs in: a cookie while the login is
//! under way, a token once it is done. Nothing of it is kept here, so that a
//! restart of the gateway, or another gateway with the same key, goes on from it.

mod clock;
mod jwt;
mod login_cookie;
mod login_sessions;
mod sealer;

pub use clock::unix_now;
pub use jwt::{JwtKey, TokenError};
pub use login_cookie::{COOKIE, PendingLogin, PendingLogins};
pub use login_sessions::{SESSION, Session, Sessions};
pub use sealer::{Sealer, SealerError};
