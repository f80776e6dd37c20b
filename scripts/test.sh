#!/usr/bin/env bash
# Every test of the project. The lab's tests need root and the programs that
# scripts/setup.sh installs; they fail, and are not skipped, where these lack.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { scripts/step.sh "$@"; }

step "checking the format" cargo fmt --all --check
step "linting" cargo clippy --locked --workspace --all-targets --quiet -- -D warnings
# What nothing else builds: the reference with its defects.
step "linting the defects" cargo clippy --locked --all-targets --quiet \
  -p persys-gateway -p persys-prow -p persys-agent -p persys-cli \
  --features persys-gateway/defects,persys-prow/defects,persys-agent/defects,persys-cli/defects -- -D warnings
# A workspace of its own, whose engine is C++.
if command -v c++ > /dev/null; then
  step "checking the fuzz targets" cargo check --locked --quiet --manifest-path fuzz/Cargo.toml --target-dir target --bins
else
  printf 'fuzz targets: NOT checked: there is no C++ compiler on this machine\n'
fi
# The lab's tests start the other crates' programs.
step "building all programs" cargo build --locked --workspace --bins
step "running the tests" cargo test --locked --workspace --no-fail-fast
step "checking the Nix files" scripts/nix.sh
