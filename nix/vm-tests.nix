# The VM tests of the flake's own input `platform`, in the usual network and in every variant of it.
{
  lib,
  pkgs,
  root,
  topology,
  testsOf,
  packages,
}:
let
  usual =
    kvm:
    testsOf {
      inherit
        pkgs
        packages
        topology
        kvm
        ;
    };

  variants = lib.mapAttrs (
    name: variant:
    let
      own = variant.topology topology;
      described = import (root + "/nixos-tests/topology.nix") { inherit lib pkgs; } own;
    in
    testsOf {
      inherit pkgs packages;
      topology = own;
      inherit (variant) only;
      modules = variant.modules described;
      prefix = "${name}-";
    }
  ) (import (root + "/nixos-tests/variants") { inherit lib; });

  withVariants =
    part:
    (usual true).${part}
    // lib.concatMapAttrs (
      name: tests: lib.mapAttrs' (group: lib.nameValuePair "${name}-${group}") tests.${part}
    ) variants;
in
{
  runs = withVariants "runs";
  gates = withVariants "gates";
  # The same for builders that have no KVM.
  withoutKvm = (usual false).gates;
  driver = (usual true).boots.functional.driverInteractive;
}
