//! Where a promise of the contract can be broken on purpose.

/// Breaks a promise if this process was told to break the one of that name.
///
/// Without the feature `defects` neither the name nor the broken code is compiled.
/// `defect!("name" => statements)` runs the statements besides the sound code,
/// `defect!("name", broken, sound)` is one of two expressions.
#[cfg(feature = "defects")]
#[macro_export]
macro_rules! defect {
    ($name:literal => $($broken:tt)*) => {
        if $crate::defects::is_seeded($name) {
            $($broken)*
        }
    };
    ($name:literal, $broken:expr, $sound:expr $(,)?) => {
        if $crate::defects::is_seeded($name) { $broken } else { $sound }
    };
}

/// Breaks nothing: this build has no defects.
#[cfg(not(feature = "defects"))]
#[macro_export]
macro_rules! defect {
    ($name:literal => $($broken:tt)*) => {};
    ($name:literal, $broken:expr, $sound:expr $(,)?) => {
        $sound
    };
}
