# What other flakes call.
{
  lib,
  root,
  self,
}:
{
  # The VM tests of a platform of one's own: gates by group, for the flake's `checks`. `packages` has the four programs
  # under test, as the contract demands them; `modules` are NixOS modules by machine for those that are configured in
  # another way.
  mkChecks =
    {
      pkgs,
      packages,
      topology ? lib.importJSON (root + "/topology.json"),
      # These groups alone, such as [ "smoke" ].
      only ? null,
      modules ? { },
      kvm ? true,
      salt ? "",
    }@arguments:
    (import ./tests.nix { inherit lib root self; } ({ inherit topology; } // arguments)).gates;
}
