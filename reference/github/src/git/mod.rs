//! Repositories on disk, made and served by the real Git.

mod admission;
mod builder;
mod cgi;
mod cgi_head;
mod content;
mod program;
mod routes;
mod seed;

pub use builder::create_repository;
pub use content::{Branches, ContentError};
pub use program::{Git, GitError};
pub use routes::routes;
pub use seed::{Seed, SeedError, plant};
