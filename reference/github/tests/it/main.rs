//! The stand-in as its callers see it.
