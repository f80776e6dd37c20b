//! Labs as a user has them: started, used, broken and killed. They need root and
//! the programs that `persys-lab doctor` asks for.

mod bisect;
mod chaos;
mod ci_files;
mod commands;
mod dns;
mod doctor;
mod documents;
mod failures;
mod host_channel;
mod isolation;
mod kill;
mod lab;
mod locations;
mod platform;
mod side_by_side;
mod snapshot;
mod supervision;
mod two_labs;
mod verdict;
