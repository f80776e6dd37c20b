# The VM tests of one platform: boots of all machines, the runs and the gates of the groups.
{
  pkgs,
  # The platform's and the suite's packages by name.
  packages,
  # The NixOS module with all components.
  modules,
  # The parsed topology.json.
  topology,
  # Goes before the names of the derivations, for a variant.
  prefix ? "",
  # These groups alone.
  only ? null,
  extraModules ? { },
  kvm ? true,
  salt ? "",
}:
let
  inherit (pkgs) lib;
  known = import ./groups { inherit lib; };
  chosen = if only == null then known.groups else lib.getAttrs only known.groups;
  described = import ./topology.nix { inherit lib pkgs; } topology;
  withImages = packages // {
    test-images = pkgs.callPackage ../nix/packages/test-images.nix { inherit topology; };
  };
  boots = lib.mapAttrs (
    name: names:
    import ./boot.nix {
      inherit
        pkgs
        modules
        extraModules
        kvm
        salt
        ;
      name = "persys-e2e-${prefix}${name}";
      topology = described;
      packages = withImages;
      groups = lib.getAttrs names chosen;
    }
  ) (lib.groupBy (name: chosen.${name}.boot) (lib.attrNames chosen));

  runs = lib.mapAttrs (
    group: description:
    pkgs.callPackage ./run.nix {
      name = prefix + group;
      inherit group;
      inherit (packages) persys-verifier;
      boot = boots.${description.boot};
    }
  ) chosen;

  gates = lib.mapAttrs (
    group: run:
    pkgs.callPackage ./gate.nix {
      name = prefix + group;
      inherit (packages) persys-verifier;
      inherit run;
    }
  ) runs;
in
{
  inherit boots runs;
  gates =
    gates
    // lib.optionalAttrs (only == null) {
      all = pkgs.callPackage ./all.nix {
        inherit (packages) persys-verifier;
        inherit runs;
      };
    };
}
