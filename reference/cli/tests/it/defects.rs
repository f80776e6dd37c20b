//! The default build keeps every promise.

#[path = "../../../tests/default_build.rs"]
mod default_build;

#[test]
fn only_a_build_with_the_feature_has_defects() {
    let program = env!("CARGO_BIN_EXE_persys-cli");
    default_build::assert_defects(program, "persys-cli", cfg!(feature = "defects"));
}
