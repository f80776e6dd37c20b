//! Labs as a user has them: started, used, broken and killed. They need root and
//! the programs that `persys-lab doctor` asks for.

mod all_faults;
mod bisect;
mod chaos;
mod ci_files;
mod commands;
mod dns;
mod doctor;
mod documents;
mod failures;
mod host_channel;
mod hostile;
mod isolation;
mod kill;
mod kill_during_faults;
mod lab;
mod locations;
mod picture;
mod platform;
mod side_by_side;
mod snapshot;
mod supervision;
mod two_labs;
mod verdict;
