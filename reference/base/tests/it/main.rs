//! Integration tests of the reference services' common ground.

mod defects;
