# The node agent: runs workloads on this machine's Docker Engine as a scheduler orders (contract §1, §3.3, §6).
{
  config,
  lib,
  pkgs,
  utils,
  ...
}:
let
  cfg = config.services.persys.agent;
  options = import ./lib/options.nix { inherit lib pkgs; };
  env = import ./lib/environment.nix { inherit lib; };
  service = import ./lib/service.nix { inherit lib pkgs utils; };
  hardening = import ./lib/hardening.nix;
  inherit (lib) mkOption types;
  ownEngine = cfg.dockerHost == "unix:///run/docker.sock";
  # Both are part of a list of pairs.
  word = types.strMatching "[^,=]+";
in
{
  imports = [ ./packages.nix ];

  options.services.persys.agent = {
    enable = lib.mkEnableOption "the Persys node agent";
    package = options.package config.services.persys.packages "persys-agent";
    listen = options.listen {
      port = 8080;
      what = "the agent";
    };
    schedulers = mkOption {
      type = types.nonEmptyListOf (types.strMatching "http://[^,]+");
      example = [
        "http://10.77.0.31:8084"
        "http://10.77.0.32:8084"
      ];
      description = "The schedulers' plain listeners, where the agent registers; they are tried in turn.";
    };
    agentSecretFile = options.secret {
      what = "the secret that requests between schedulers and agents are signed with";
      example = "/run/secrets/agent-secret";
    };
    nodeId = mkOption {
      type = types.strMatching "[A-Za-z0-9._-]{1,63}";
      default = config.networking.hostName;
      defaultText = lib.literalExpression "config.networking.hostName";
      description = "This node's id.";
    };
    nodeAddress = mkOption {
      type = types.str;
      example = "10.77.0.61";
      description = "The address at which schedulers reach this node.";
    };
    labels = mkOption {
      type = types.attrsOf word;
      default = { };
      example = {
        zone = "a";
        disk = "ssd";
      };
      description = "What workloads may ask of their node.";
    };
    domain = options.domain;
    dockerHost = mkOption {
      type = types.strMatching "unix:///.+";
      default = "unix:///run/docker.sock";
      description = "The Docker Engine's socket.";
    };
    dockerGroup = mkOption {
      type = types.nullOr (types.strMatching "[a-z_][a-z0-9_-]*");
      default = "docker";
      example = "podman";
      description = ''
        The group that may use {option}`dockerHost`, of which the agent becomes a member. The engine's own module makes
        it. `null` if the socket is for everybody.
      '';
    };
    composePackage = lib.mkPackageOption pkgs "docker-compose" { };
    gitCa = options.optionalSecret {
      what = "the certificate authority that Git trusts when it clones, in PEM, instead of the system's";
      example = "/run/secrets/ca.crt";
    };
    inherit (options) timings;
    openFirewall = options.openFirewall "the port of {option}`listen`";
  }
  // options.adapter;

  config = lib.mkIf cfg.enable (
    lib.mkMerge [
      {
        assertions = [
          {
            assertion = ownEngine -> config.virtualisation.docker.enable;
            message = "services.persys.agent: virtualisation.docker.enable must be set, or dockerHost name another engine";
          }
          {
            assertion = cfg.dockerGroup == null || config.users.groups ? ${cfg.dockerGroup};
            message = "services.persys.agent.dockerGroup: there is no group ${toString cfg.dockerGroup}; name the one that may use ${cfg.dockerHost}, or null";
          }
        ];
        networking.firewall.allowedTCPPorts = lib.mkIf cfg.openFirewall [ cfg.listen.port ];
        # The files of Compose projects are bound into containers by their path, so that the user is a lasting one.
        users.users.persys-agent = {
          isSystemUser = true;
          group = "persys-agent";
          extraGroups = lib.optional (cfg.dockerGroup != null) cfg.dockerGroup;
        };
        users.groups.persys-agent = { };
        virtualisation.docker.package = lib.mkIf ownEngine (
          lib.mkDefault (import ./lib/docker.nix { inherit lib pkgs; })
        );
        systemd.services.persys-agent.after = [ "docker.socket" ];
      }
      (service {
        name = "persys-agent";
        description = "Persys node agent";
        inherit cfg;
        inherit (cfg) listen;
        path = [
          cfg.composePackage
          pkgs.git
        ]
        ++ cfg.path;
        environment = {
          LISTEN = env.socket cfg.listen;
          CENTRAL_URL = lib.concatStringsSep "," cfg.schedulers;
          AGENT_SECRET_FILE = env.credential "agent-secret";
          NODE_ID = cfg.nodeId;
          NODE_IP = cfg.nodeAddress;
          AGENT_PORT = toString cfg.listen.port;
          NODE_LABELS = lib.concatStringsSep "," (
            lib.mapAttrsToList (name: value: "${name}=${value}") cfg.labels
          );
          DOMAIN = cfg.domain;
          DOCKER_HOST = cfg.dockerHost;
          STATE_DIR = "%S/persys-agent";
          GIT_CA = env.optionalCredential "git-ca" cfg.gitCa;
        }
        // env.timings cfg.timings;
        credentials = {
          agent-secret = cfg.agentSecretFile;
          git-ca = cfg.gitCa;
        };
        # Who may give orders to Docker is root by another name; what the agent does by itself is bound all the same.
        serviceConfig =
          hardening {
            privilegedPort = cfg.listen.port < 1024;
            readsMachine = true;
          }
          // {
            User = "persys-agent";
            Group = "persys-agent";
            SupplementaryGroups = lib.optional (cfg.dockerGroup != null) cfg.dockerGroup;
            # It would not be of the engine's group in a user namespace.
            PrivateUsers = false;
            # Folders on the node that workloads name are those of the node, and what is cloned is for containers of
            # all users to read.
            PrivateTmp = false;
            ProtectHome = "read-only";
            UMask = "0022";
            StateDirectory = "persys-agent";
            StateDirectoryMode = "0700";
          };
      })
    ]
  );
}
