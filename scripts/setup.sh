#!/usr/bin/env bash
# Installs the programs that the lab and the build need and that are missing.
# Does nothing, and needs no network, when all are there. With --check it installs nothing and says what is missing.
set -euo pipefail

coredns_version=v1.12.4
top=$(cd "$(dirname "$0")/.." && pwd)
dns=${DNS:-coredns}

fail() {
    printf 'setup: %s\n' "$1" >&2
    printf '  mend: %s\n' "$2" >&2
    exit 3
}

has() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || [ -x "/sbin/$1" ]; }

compiles_well_known_types() {
    local folder status=0
    has protoc || return 1
    folder=$(mktemp -d)
    printf 'syntax = "proto3";\nimport "google/protobuf/descriptor.proto";\nimport "google/protobuf/struct.proto";\n' \
        >"$folder/probe.proto"
    protoc --proto_path="$folder" --descriptor_set_out=/dev/null "$folder/probe.proto" \
        >/dev/null 2>&1 || status=1
    rm -r "$folder"
    return $status
}

# The program to look for, and the Debian package that has it.
missing_packages() {
    while read -r program package; do
        has "$program" || printf '%s\n' "$package"
    done <<'LIST'
etcd etcd-server
dockerd docker.io
docker docker.io
docker-compose docker-compose
nft nftables
ip iproute2
protoc protobuf-compiler
busybox busybox-static
git git
cc build-essential
unshare util-linux
LIST
    # protoc needs the well-known types, which Debian only recommends beside it.
    if ! compiles_well_known_types; then
        printf 'libprotobuf-dev\n'
    fi
    # An ordinary busybox is there on many machines; a container needs the static one.
    if has busybox && ldd "$(command -v busybox)" >/dev/null 2>&1; then
        printf 'busybox-static\n'
    fi
}

install_packages() {
    local packages
    mapfile -t packages < <(missing_packages | sort -u)
    [ ${#packages[@]} -gt 0 ] || return 0
    has apt-get || fail "these are missing: ${packages[*]} (named as Debian packages)" \
        "install the programs they hold with this system's package manager"
    [ "$(id -u)" = 0 ] || fail "installing ${packages[*]} needs root" "run: sudo make tools"
    printf '==> installing %s\n' "${packages[*]}"
    local log
    log=$(mktemp)
    # A package's service would be started on this machine; the lab needs the program alone.
    local policy=/usr/sbin/policy-rc.d
    if [ ! -e $policy ]; then
        trap 'rm -f /usr/sbin/policy-rc.d' EXIT
        printf '#!/bin/sh\nexit 101\n' >$policy
        chmod 755 $policy
    fi
    local status=0
    { apt-get update -q &&
        DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
            "${packages[@]}"; } >"$log" 2>&1 || status=$?
    if [ $status != 0 ]; then
        tail -n 20 "$log" >&2
        rm -f "$log"
        fail "apt-get could not install ${packages[*]}" "see the lines above"
    fi
    rm -f "$log"
}

install_coredns() {
    [ "$dns" = coredns ] || return 0
    [ ! -x "$top/.tools/bin/coredns" ] || return 0
    ! has coredns || return 0
    has go || fail "CoreDNS is missing, and there is no Go to build it with" \
        "install Go 1.24 or later, put coredns into PATH, or run with DNS=embedded"
    printf '==> building CoreDNS %s (some minutes, once)\n' "$coredns_version"
    GOBIN="$top/.tools/bin" GOFLAGS=-trimpath CGO_ENABLED=0 \
        go install "github.com/coredns/coredns@$coredns_version" ||
        fail "CoreDNS could not be built" \
            "see the lines above, put coredns into PATH, or run with DNS=embedded"
}

check() {
    local missing
    missing=$(missing_packages | sort -u | tr '\n' ' ')
    [ -z "$missing" ] || fail "these are missing: $missing(named as Debian packages)" "run: make tools, as root"
    if [ "$dns" = coredns ] && [ ! -x "$top/.tools/bin/coredns" ] && ! has coredns; then
        fail "CoreDNS is missing" "run: make tools, or leave it out with DNS=embedded"
    fi
}

has cargo || fail "there is no Rust toolchain" \
    "install Rust 1.91 or later with rustup; if it is in your own home: sudo --preserve-env=PATH,HOME make ..."
case ${1:-} in
"")
    install_packages
    install_coredns
    ;;
--check) check ;;
*) fail "$1 is no option" "leave it away, or use --check" ;;
esac
