# `nix run .#NAME`: the verifier's commands, and the machines with a prompt to look around.
{
  pkgs,
  packages,
  vm,
}:
let
  inherit (pkgs) lib;
  app = description: program: {
    type = "app";
    inherit program;
    meta = { inherit description; };
  };
  verifier = lib.getExe packages.persys-verifier;
  lab = import ./lab.nix { inherit lib pkgs packages; };
  bisect = pkgs.writeShellApplication {
    name = "persys-bisect";
    runtimeInputs = [
      lab
      pkgs.git
    ];
    # The caller's own Nix first, which fits the caller's daemon.
    text = ''
      export PATH="$PATH:${pkgs.nix}/bin"
      exec ${verifier} bisect "$@"
    '';
  };
  list = pkgs.writeShellScript "persys-list" ''exec ${verifier} list "$@"'';
in
{
  default = app "Run the verifier" verifier;
  verifier = app "Run the verifier" verifier;
  lab = app "Run the whole topology on this host" (lib.getExe lab);
  bisect = app "Find the commit of a platform that broke a step" (lib.getExe bisect);
  list = app "Show what there is to run" "${list}";
  # Outside of Nix's sandbox: works without KVM, and can be repeated.
  vm = app "Boot all machines with a Python prompt" "${vm.driver}/bin/nixos-test-driver";
}
