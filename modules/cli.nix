# The user's client, set up for one gateway.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.programs.persys-cli;
  options = import ./lib/options.nix { inherit lib pkgs; };
  inherit (lib) mkOption types;
  # No service reads them, so that systemd hands them to nobody.
  file =
    { what, example }:
    mkOption {
      type = types.nullOr options.types.secretFile;
      default = null;
      inherit example;
      description = ''
        The file with ${what}; each user names one if `null`. The program reads it as the user who calls it, who has to be
        allowed to; only its path is in the Nix store.
      '';
    };
  settings = lib.filterAttrs (_: value: value != null) {
    inherit (cfg)
      gateway
      cert
      key
      ca
      ;
  };
in
{
  imports = [ ./packages.nix ];

  options.programs.persys-cli = {
    enable = lib.mkEnableOption "persys-cli, with a configuration for all users";
    package = options.package config.services.persys.packages "persys-cli";
    gateway = mkOption {
      type = types.nullOr (types.strMatching "https://.+");
      default = null;
      example = "https://10.77.0.20:8551";
      description = "The gateway's address; each user names one if `null`.";
    };
    cert = file {
      what = "the user's certificate in PEM";
      example = "/run/secrets/client.crt";
    };
    key = file {
      what = "the certificate's private key in PEM";
      example = "/run/secrets/client.key";
    };
    ca = file {
      what = "the certificate authority of the gateway in PEM";
      example = "/run/secrets/ca.crt";
    };
  };

  config = lib.mkIf cfg.enable {
    environment.systemPackages = [ cfg.package ];
    environment.etc."persys/cli.json".text = builtins.toJSON settings;
    environment.variables.PERSYS_CONFIG = "/etc/persys/cli.json";
  };
}
