# One boot of all machines in which the groups given run one after the other. The derivation succeeds if one of them left
# a complete report, whatever the verdict; of each group its run then asks for a complete one (run.nix).
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
    # Before CI loses patience, whose job then has neither results nor logs. Without KVM all is many times slower.
    globalTimeout = if kvm then 75 * 60 else 4 * 60 * 60;
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
