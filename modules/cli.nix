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
    cert = options.optionalSecret {
      what = "the user's certificate in PEM; readable by the user";
      example = "/run/secrets/client.crt";
    };
    key = options.optionalSecret {
      what = "its private key in PEM; readable by the user";
      example = "/run/secrets/client.key";
    };
    ca = options.optionalSecret {
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
