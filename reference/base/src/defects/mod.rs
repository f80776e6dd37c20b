//! Defects on demand: a build with the feature `defects` breaks one promise of the
//! contract when the environment names it, so that whoever tests the platform can be
//! tested. `reference/defects.json` lists them; `defect!` stands where each promise is kept.

mod leaks;
mod pace;
mod seeded;
mod signatures;
mod trust;

pub use leaks::{leak_descriptor, leak_memory, leak_task};
pub use pace::{
    Crowded, every, in_turn, is_marked, is_spoiled, mark, runs_for, spoil, while_others_wait,
};
pub use seeded::{VARIABLE, announce, is_seeded};
pub use signatures::{fits, fits_in_part, is_first_moment};
pub use trust::{
    Tolerated, lenient_server_config, one_version_server_config, trusting_client_config,
};
