//! The `persys-github` binary.

fn main() {}
