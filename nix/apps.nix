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
  script =
    name: text:
    lib.getExe (
      pkgs.writeShellApplication {
        inherit name text;
        runtimeInputs = [ pkgs.git ];
      }
    );
in
{
  default = app "Run the verifier" verifier;
  verifier = app "Run the verifier" verifier;
  lab = app "Run the whole topology on this host" (lib.getExe packages.persys-lab);
  bisect = app "Find the commit of a platform that broke a step" (
    script "persys-bisect" ''exec ${verifier} bisect "$@"''
  );
  list = app "Show what there is to run" (script "persys-list" ''exec ${verifier} list "$@"'');
  # Outside of Nix's sandbox: works without KVM, and can be repeated.
  vm = app "Boot all machines with a Python prompt" "${vm.driver}/bin/nixos-test-driver";
}
