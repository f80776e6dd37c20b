# What working on the project needs, the lab included.
{ lib, pkgs }:
pkgs.mkShell {
  packages =
    (with pkgs; [
      cargo
      rustc
      clippy
      rustfmt
      protobuf
      nixfmt
      gnumake
      jq
    ])
    ++ import ./lab-programs.nix { inherit lib pkgs; };
}
