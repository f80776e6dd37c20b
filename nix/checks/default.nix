# Every check that needs no machine, and the test of the examples.
{
  pkgs,
  lib,
  root,
  packages,
  self,
}:
{
  format = pkgs.callPackage ./format.nix { inherit root; };
  documents = pkgs.callPackage ./documents.nix { inherit root; };
  modules = import ./modules.nix { inherit pkgs lib self; };
  example = pkgs.callPackage ./example.nix { inherit root self; };
}
// lib.mapAttrs' (name: lib.nameValuePair "rust-${name}") (
  lib.filterAttrs (_: lib.isDerivation) (pkgs.callPackage ./rust.nix { inherit root; })
)
//
  lib.mapAttrs'
    (name: machine: lib.nameValuePair "example-${name}" machine.config.system.build.toplevel)
    (
      lib.filterAttrs (
        _: machine: machine.pkgs.stdenv.hostPlatform.system == pkgs.stdenv.hostPlatform.system
      ) self.nixosConfigurations
    )
