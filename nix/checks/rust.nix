# The Rust code: format, lints, and the tests that need neither root nor other machines; scripts/test.sh runs them all.
{
  lib,
  rustPlatform,
  protobuf,
  cargo,
  clippy,
  rustfmt,
  git,
  root,
}:
let
  crates = import ../packages/crates.nix { inherit lib root; };
  check =
    name: tools: command:
    rustPlatform.buildRustPackage {
      pname = "persys-e2e-${name}";
      inherit ((lib.importTOML (root + "/Cargo.toml")).workspace.package) version;
      src = crates.sourceOfAll;
      cargoLock.lockFile = root + "/Cargo.lock";
      nativeBuildInputs = [ protobuf ] ++ tools;
      buildPhase = ''
        runHook preBuild
        ${command}
        runHook postBuild
      '';
      doCheck = false;
      installPhase = "touch $out";
    };
in
{
  format = check "format" [ cargo rustfmt ] "cargo fmt --all --check";
  clippy = check "clippy" [
    clippy
  ] "cargo clippy --offline --locked --workspace --all-targets -- -D warnings";
  tests = check "tests" [ git ] "cargo test --offline --locked --workspace --lib --bins";
  docs = check "docs" [ ] "cargo test --offline --locked --workspace --doc";
}
