#!/usr/bin/env bash
# Evaluates every output of the flake, each in a process of its own: in one, as `nix flake check` has it, the machines
# of every test are in memory at once, which takes more than 24 GB. Arguments are options of `nix eval`, such as
# `--override-input nixpkgs path:DIR`.
set -euo pipefail
cd "$(dirname "$0")/.."

evaluate() {
    nix --extra-experimental-features 'nix-command flakes' eval --no-write-lock-file --raw "$@"
}

bad=()
try() {
    if evaluate ".#$1" "${@:2}" >/dev/null; then
        printf 'nix: %s evaluates\n' "${1%.*}"
    else
        bad+=("${1%.*}")
    fi
}

for system in x86_64-linux aarch64-linux; do
    try "formatter.$system.drvPath" "$@"
    for kind in packages checks devShells apps; do
        names=$(evaluate ".#$kind.$system" --apply 'outputs: toString (builtins.attrNames outputs)' "$@")
        for name in $names; do
            case $kind in
            apps) try "$kind.$system.$name.program" "$@" ;;
            *) try "$kind.$system.$name.drvPath" "$@" ;;
            esac
        done
    done
done

if [ ${#bad[@]} -gt 0 ]; then
    printf 'nix: these do not evaluate: %s\n' "${bad[*]}" >&2
    exit 1
fi
