# What other flakes call.
{
  lib,
  root,
  self,
}:
{
  # The VM tests of a platform of one's own: gates by group, for the flake's `checks`. `packages` has the four programs
  # under test, as the contract demands them. docs/nixos.md describes the arguments.
  mkChecks =
    {
      pkgs,
      packages,
      topology ? lib.importJSON (root + "/topology.json"),
      only ? null,
      modules ? { },
      kvm ? true,
      salt ? "",
    }@arguments:
    (import ./tests.nix { inherit lib root self; } ({ inherit topology; } // arguments)).gates;
}
