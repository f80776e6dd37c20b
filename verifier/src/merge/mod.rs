//! Makes one run of the records of all its shards.

mod error;
mod join;
mod logs;
mod shard_record;

pub use error::MergeError;
pub use join::join;
pub use logs::take_logs;
#[cfg(any(test, feature = "properties"))]
pub(crate) use shard_record::fitting;
pub use shard_record::{ShardRecord, read_shards};

#[cfg(test)]
mod tests;
