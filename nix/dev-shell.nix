# What working on the project needs, the lab included.
{ pkgs }:
pkgs.mkShell {
  packages = with pkgs; [
    cargo
    rustc
    clippy
    rustfmt
    protobuf
    nixfmt
    etcd
    coredns
    docker
    docker-compose
    nftables
    iproute2
    jq
  ];
}
