# `persys-lab` with everything that it starts: in the store no program lies beside another.
{
  lib,
  pkgs,
  packages,
}:
let
  own = pkgs.buildEnv {
    name = "persys-e2e-programs";
    paths = map (name: packages.${name}) [
      "api-gateway"
      "persys-agent"
      "persys-cli"
      "persys-faultd"
      "persys-github"
      "persys-lab"
      "persys-pki"
      "persys-verifier"
      "prow-scheduler"
    ];
    pathsToLink = [ "/bin" ];
  };
in
pkgs.writeShellApplication {
  name = "persys-lab";
  runtimeInputs = import ./lab-programs.nix { inherit lib pkgs; };
  text = ''
    export PERSYS_LAB_BIN_DIR="''${PERSYS_LAB_BIN_DIR:-${own}/bin}"
    exec ${own}/bin/persys-lab "$@"
  '';
}
