# One boot of all machines in which the groups given run one after the other. The derivation succeeds if and only if
# each group left a complete report, whatever the verdict: what cannot be judged is not kept.
{
  pkgs,
  name,
  topology,
  packages,
  modules,
  groups,
  extraModules ? { },
  # Off where the builder has no KVM: everything works, slowly.
  kvm ? true,
  # Any text; another one makes another derivation, so that the machines run again.
  salt ? "",
}:
let
  inherit (pkgs) lib;
  network = import ./network.nix {
    inherit
      lib
      topology
      packages
      modules
      extraModules
      ;
  };
  test = pkgs.testers.runNixOSTest {
    inherit name;
    imports = [ network ];
    testScript = import ./script { inherit lib topology groups; };
    # Of a boot without KVM, which is many times slower.
    globalTimeout = 4 * 60 * 60;
    passthru = {
      inherit groups salt;
    };
  };
  adjust = old: {
    requiredSystemFeatures = lib.filter (feature: kvm || feature != "kvm") old.requiredSystemFeatures;
    inherit salt;
  };
in
if kvm && salt == "" then test else test.config.rawTestDerivation.overrideAttrs adjust
