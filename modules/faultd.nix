# The fault daemon: breaks this machine on purpose, for a test that asks over mutual TLS. For test networks alone.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.services.persys.faultd;
  options = import ./lib/options.nix { inherit lib pkgs; };
  env = import ./lib/environment.nix { inherit lib; };
  inherit (lib) mkOption types;
in
{
  imports = [ ./packages.nix ];

  options.services.persys.faultd = {
    enable = lib.mkEnableOption "the Persys fault daemon, which obeys tests that break this machine";
    package = options.package config.services.persys.packages "persys-faultd";
    topology = mkOption {
      type = types.path;
      example = lib.literalExpression "./topology.json";
      description = "The topology file. The daemon obeys only who names its token, and cuts only its machines off.";
    };
    machine = mkOption {
      type = types.str;
      default = config.networking.hostName;
      defaultText = lib.literalExpression "config.networking.hostName";
      description = "This machine's name in the topology.";
    };
    port = mkOption {
      type = types.port;
      default = 7077;
      description = "The port that the topology gives to the daemon; what the firewall opens.";
    };
    tls = {
      cert = options.secret {
        what = "the daemon's certificate in PEM";
        example = "/run/secrets/faultd.crt";
      };
      key = options.secret {
        what = "its private key in PEM";
        example = "/run/secrets/faultd.key";
      };
      ca = options.secret {
        what = "the certificate authority of the callers in PEM";
        example = "/run/secrets/ca.crt";
      };
    };
    components = mkOption {
      type = types.listOf (types.strMatching "[A-Za-z0-9_.@-]+");
      default = [
        "etcd"
        "coredns"
        "prow-scheduler"
        "api-gateway"
        "docker"
        "persys-agent"
        "github"
        "persys-faultd"
      ];
      description = "The services that it may stop, kill and pause, without `.service`; no other unit is touched.";
    };
    fillRoots = mkOption {
      type = types.listOf types.path;
      default = [ "/run/persys" ];
      description = "The folders below which it may fill a disk.";
    };
    dockerHost = mkOption {
      type = types.strMatching "unix:///.+";
      default = config.services.persys.agent.dockerHost or "unix:///run/docker.sock";
      defaultText = lib.literalExpression "config.services.persys.agent.dockerHost";
      description = "The socket of the Docker Engine whose containers it may kill, stop and remove: the agent's.";
    };
    containersCgroup = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "/containers.slice";
      description = ''
        The control group below which Docker's containers are, as its `cgroup-parent` names it; what it may leave short of
        memory. Without it that fault is refused, and the steps that need it are skipped.
      '';
    };
    logFolder = mkOption {
      type = types.nullOr types.path;
      default = null;
      example = "/var/log/persys";
      description = ''
        The folder in which the components' logs are, as `COMPONENT.log`. Of a component that has none there, the journal
        is read: each time from its beginning, which a slow machine feels.
      '';
    };
    openFirewall = options.openFirewall "the port of the daemon";
  };

  config = lib.mkIf cfg.enable {
    networking.firewall.allowedTCPPorts = lib.mkIf cfg.openFirewall [ cfg.port ];
    # What cuts and slows links: found when first needed, and not in the way before.
    boot.kernelModules = [
      "nf_tables"
      "sch_netem"
      "sch_tbf"
    ];
    systemd.services.persys-faultd = {
      description = "Persys fault daemon";
      wantedBy = [ "multi-user.target" ];
      wants = [ "network-online.target" ];
      after = [ "network-online.target" ];
      path = [
        config.systemd.package
        pkgs.nftables
        pkgs.iproute2
        pkgs.util-linux
      ];
      environment = {
        TOPOLOGY = "${cfg.topology}";
        MACHINE = cfg.machine;
        BACKEND = "systemd";
        COMPONENTS = lib.concatStringsSep "," cfg.components;
        STATE = "%S/persys-faultd";
        DOCKER_HOST = cfg.dockerHost;
        FILL_ROOTS = lib.concatStringsSep "," cfg.fillRoots;
        TLS_CERT = env.credential "tls-cert";
        TLS_KEY = env.credential "tls-key";
        TLS_CA = env.credential "tls-ca";
      }
      // lib.optionalAttrs (cfg.logFolder != null) { LOG_DIR = "${cfg.logFolder}"; }
      // lib.optionalAttrs (cfg.containersCgroup != null) { CONTAINERS_CGROUP = cfg.containersCgroup; };
      unitConfig.StartLimitIntervalSec = 0;
      serviceConfig = {
        Type = "notify";
        ExecStart = "${cfg.package}/bin/persys-faultd";
        LoadCredential = [
          "tls-cert:${cfg.tls.cert}"
          "tls-key:${cfg.tls.key}"
          "tls-ca:${cfg.tls.ca}"
        ];
        StateDirectory = "persys-faultd";
        Restart = "always";
        RestartSec = 1;
        TimeoutStopSec = 10;
        # The last that the kernel ends when a test takes all memory.
        OOMScoreAdjust = -900;
        # It has to be root, among all processes and in the machine's network. What it never does is forbidden.
        CapabilityBoundingSet = [
          "CAP_DAC_OVERRIDE"
          "CAP_DAC_READ_SEARCH"
          "CAP_KILL"
          "CAP_NET_ADMIN"
          "CAP_SYS_ADMIN"
          "CAP_SYS_PTRACE"
          "CAP_SYS_RESOURCE"
        ];
        LockPersonality = true;
        MemoryDenyWriteExecute = true;
        NoNewPrivileges = true;
        ProtectClock = true;
        ProtectHome = true;
        ProtectHostname = true;
        ProtectKernelLogs = true;
        ProtectKernelTunables = true;
        RestrictRealtime = true;
        RestrictSUIDSGID = true;
        SystemCallArchitectures = "native";
        UMask = "0077";
      };
    };
  };
}
