# What a lab starts besides the project's own programs; scripts/setup.sh installs the same on machines without Nix.
{ lib, pkgs }:
let
  # Alone: the other names of a whole busybox would be found before the tools that they stand for.
  busybox = pkgs.runCommand "busybox-static" { } ''
    mkdir -p $out/bin
    ln -s ${pkgs.pkgsStatic.busybox}/bin/busybox $out/bin/busybox
  '';
in
[
  busybox
  (import ../modules/lib/docker.nix { inherit lib pkgs; })
]
++ (with pkgs; [
  coredns
  docker-compose
  etcd
  git
  iproute2
  nftables
  util-linux
])
