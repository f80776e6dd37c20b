//! The program as a whole: its exit codes, its files, and how it bears being
//! interrupted and killed.
//!
//! The program is this test binary, run again, with scenarios that need no
//! platform; what needs none of them is tested on the real one.

mod child;
mod interrupted;
mod killed;
mod real;
mod results;
mod shards;
mod stories;

use child::Child;
