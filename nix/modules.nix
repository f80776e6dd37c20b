# The components' modules as the flake exports them, with this flake's packages as defaults.
{
  lib,
  root,
  self,
}:
let
  # One module however many of the others are imported.
  defaults = {
    key = "persys-e2e/packages";
    imports = [
      (
        { pkgs, ... }:
        {
          services.persys.packages = lib.mapAttrs (_: lib.mkDefault) (
            self.packages.${pkgs.stdenv.hostPlatform.system} or { }
          );
        }
      )
    ];
  };
  component = name: {
    key = "persys-e2e/${name}";
    imports = [
      defaults
      (root + "/modules/${name}.nix")
    ];
  };
in
lib.genAttrs [
  "agent"
  "cli"
  "default"
  "faultd"
  "gateway"
  "github"
  "pki"
  "prow"
] component
