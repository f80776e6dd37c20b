//! What the lab says of itself, apart from the verifier's output.

/// A line to the terminal, or wherever the errors go.
pub fn say(text: impl std::fmt::Display) {
    // `eprintln` panics when nobody reads any more; that is no reason to end.
    let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("persys-lab: {text}\n"));
}
