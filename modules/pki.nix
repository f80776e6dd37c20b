# Certificates and secrets of a test network, made at run time: one machine makes those of all, and every machine
# takes its own. Nothing of it is in the Nix store, where certificates run out and keys are for everybody to read.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.services.persys.pki;
  options = import ./lib/options.nix { inherit lib pkgs; };
  inherit (lib) mkOption types;

  # They run as root, for root alone is to read what they write, and they write below one folder and talk to nobody.
  hardening = import ./lib/hardening.nix { } // {
    # The source may be a share whose files are another user's.
    CapabilityBoundingSet = [
      "CAP_DAC_OVERRIDE"
      "CAP_FOWNER"
    ];
    PrivateNetwork = true;
    # The share may be mounted there.
    PrivateTmp = false;
    PrivateUsers = false;
    RestrictAddressFamilies = [ "none" ];
  };

  # Written whole under another name first, so that nobody takes half of it.
  make = pkgs.writeShellScript "persys-make-credentials" ''
    set -eu
    out=${lib.escapeShellArg cfg.authority.folder}
    if [ -e "$out" ]; then
      echo "$out is there already: kept"
      exit 0
    fi
    rm -rf "$out.new"
    ${cfg.package}/bin/persys-pki --topology ${cfg.topology} --out "$out.new"
    mv "$out.new" "$out"
  '';

  take = pkgs.writeShellScript "persys-take-credentials" ''
    set -eu
    from=${lib.escapeShellArg "${cfg.machine.source}/${cfg.machine.name}"}
    folder=${lib.escapeShellArg cfg.machine.folder}
    echo "waiting for $from"
    # The source may be a share, of whose changes nobody is told.
    until [ -e "$from/ca.crt" ]; do sleep 0.2; done
    rm -rf "$folder"
    mkdir -p "$folder"
    cp -r "$from/." "$folder/"
    chmod -R u=rwX,go= "$folder"
  '';
in
{
  imports = [ ./packages.nix ];

  options.services.persys.pki = {
    package = options.package config.services.persys.packages "persys-pki";
    topology = mkOption {
      type = types.path;
      example = lib.literalExpression "./topology.json";
      description = "The topology file, which names the machines.";
    };
    authority = {
      enable = lib.mkEnableOption "making the credentials of every machine of the topology, if there are none yet";
      folder = mkOption {
        type = options.types.secretFile;
        example = "/mnt/share/credentials";
        description = "The folder to write: one folder for each machine.";
      };
    };
    machine = {
      enable = lib.mkEnableOption "taking this machine's credentials from where they were made";
      name = mkOption {
        type = types.str;
        default = config.networking.hostName;
        defaultText = lib.literalExpression "config.networking.hostName";
        description = "This machine's name in the topology.";
      };
      source = mkOption {
        type = options.types.secretFile;
        example = "/mnt/share/credentials";
        description = "The folder that the authority wrote, as this machine sees it.";
      };
      folder = mkOption {
        type = options.types.secretFile;
        default = "/run/persys/credentials";
        description = "Where this machine's credentials are put, for root alone.";
      };
      requiredBy = mkOption {
        type = types.listOf types.str;
        default = [ ];
        example = [ "etcd.service" ];
        description = "The units that start when the credentials are there; the enabled components always do.";
      };
    };
  };

  config = lib.mkMerge [
    (lib.mkIf cfg.authority.enable {
      systemd.services.persys-authority = {
        description = "Credentials of every machine of the topology";
        wantedBy = [ "multi-user.target" ];
        unitConfig.RequiresMountsFor = cfg.authority.folder;
        serviceConfig = hardening // {
          Type = "oneshot";
          RemainAfterExit = true;
          ExecStart = make;
          ReadWritePaths = [ (dirOf cfg.authority.folder) ];
        };
      };
    })
    (lib.mkIf cfg.machine.enable {
      systemd.tmpfiles.rules = [ "d ${dirOf cfg.machine.folder} 0755 root root" ];
      services.persys.pki.machine.requiredBy =
        let
          enabled = config.services.persys;
          units = {
            "api-gateway.service" = enabled.gateway.enable or false;
            "prow-scheduler.service" = enabled.prow.enable or false;
            "persys-agent.service" = enabled.agent.enable or false;
            "persys-faultd.service" = enabled.faultd.enable or false;
            "github.service" = enabled.github.enable or false;
          };
        in
        lib.attrNames (lib.filterAttrs (_: is: is) units);

      systemd.services.persys-credentials = {
        description = "Credentials of this machine";
        wantedBy = [ "multi-user.target" ];
        requiredBy = cfg.machine.requiredBy;
        before = cfg.machine.requiredBy;
        unitConfig.RequiresMountsFor = cfg.machine.source;
        serviceConfig = hardening // {
          Type = "oneshot";
          RemainAfterExit = true;
          ExecStart = take;
          ReadWritePaths = [ (dirOf cfg.machine.folder) ];
          TimeoutStartSec = 600;
        };
      };
    })
  ];
}
