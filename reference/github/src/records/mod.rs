//! Accounts, repositories, tokens and codes, kept in a file from one start to the next.

mod content;
mod repository;
mod scopes;
mod store;
mod token;
mod user;

pub use content::Session;
pub use repository::{NewRepository, Repository, is_repository_name};
pub use scopes::Scopes;
pub use store::{Store, StoreError};
pub use token::{CODE_LIFETIME, Code, Token, TokenKind};
pub use user::{Email, NewUser, User, is_login};
