//! Where the schedulers are, asked of CoreDNS alone (contract §5).

mod endpoint;
mod lookup;
mod watch;

pub use endpoint::Endpoint;
pub use lookup::{Lookup, LookupError};
pub use watch::watch;
