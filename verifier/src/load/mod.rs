//! Load at a fixed arrival rate, and what it tells: latencies, knees, trends.

mod latencies;
mod null_server;
mod open_loop;
mod report;
mod trend;

pub use latencies::{Latencies, Percentile};
pub use null_server::{NullServer, NullServerError};
pub use open_loop::{LoadError, OpenLoop};
pub use report::{Failure, LoadReport};
pub use trend::{Growth, Trend};
