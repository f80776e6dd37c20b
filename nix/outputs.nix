# The flake's outputs, wired from what lies in files of its own.
{
  self,
  nixpkgs,
  platform,
}:
let
  inherit (nixpkgs) lib;
  root = ../.;
  systems = [
    "x86_64-linux"
    "aarch64-linux"
  ];
  perSystem = lib.genAttrs systems (
    system:
    let
      pkgs = nixpkgs.legacyPackages.${system};
      packages = import ./packages { inherit pkgs root; };
    in
    {
      inherit packages;
    }
  );
  each = name: lib.mapAttrs (_: outputs: outputs.${name}) perSystem;
in
{
  packages = each "packages";
}
