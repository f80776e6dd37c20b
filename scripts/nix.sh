#!/usr/bin/env bash
# What can be checked of the Nix files on this machine: always that they parse and are formatted; that everything
# evaluates where there is Nix and NIXPKGS_TREE names a checkout of nixpkgs, and else that this was not done.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo run --quiet --locked --package persys-nix-lint -- .

if [ -z "${NIXPKGS_TREE:-}" ]; then
    printf 'nix: NOT evaluated: NIXPKGS_TREE names no checkout of nixpkgs\n'
    exit 0
fi
if ! command -v nix >/dev/null; then
    printf 'nix: NOT evaluated: there is no nix on this machine\n'
    exit 0
fi
[ -d "$NIXPKGS_TREE/nixos" ] || {
    printf 'nix: NIXPKGS_TREE: %s is no checkout of nixpkgs: it has no folder nixos\n' "$NIXPKGS_TREE" >&2
    exit 2
}
scripts/nix-evaluate.sh --override-input nixpkgs "path:$NIXPKGS_TREE"
