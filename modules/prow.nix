# The scheduler ("prow"): places workloads on nodes and keeps them as they are wanted (contract §1, §5, §6).
{
  config,
  lib,
  pkgs,
  utils,
  ...
}:
let
  cfg = config.services.persys.prow;
  options = import ./lib/options.nix { inherit lib pkgs; };
  env = import ./lib/environment.nix { inherit lib; };
  service = import ./lib/service.nix { inherit lib pkgs utils; };
  hardening = import ./lib/hardening.nix;
  inherit (lib) mkOption types;
  storeIsSecure = lib.any (lib.hasPrefix "https://") cfg.etcd.endpoints;
  storeFiles = {
    inherit (cfg.etcd) cert key ca;
  };
in
{
  imports = [ ./packages.nix ];

  options.services.persys.prow = {
    enable = lib.mkEnableOption "the Persys scheduler";
    package = options.package config.services.persys.packages "prow-scheduler";
    listen = options.listen {
      port = 8085;
      what = "the scheduler, over mutual TLS,";
    };
    plain = options.listen {
      port = 8084;
      what = "the scheduler, for nodes that register and for health and metrics,";
    };
    tls = {
      cert = options.secret {
        what = "the scheduler's certificate in PEM";
        example = "/run/secrets/prow-scheduler.crt";
      };
      key = options.secret {
        what = "the certificate's private key in PEM";
        example = "/run/secrets/prow-scheduler.key";
      };
      ca = options.secret {
        what = "the certificate authority of gateways and operators in PEM";
        example = "/run/secrets/ca.crt";
      };
    };
    etcd = {
      endpoints = mkOption {
        type = types.nonEmptyListOf (types.strMatching "https?://[^,]+");
        example = [ "https://10.77.0.50:2379" ];
        description = "The store's addresses, either all with TLS or all without.";
      };
      cert = options.optionalSecret {
        what = "the certificate for the store in PEM; needed with TLS";
        example = "/run/secrets/etcd-client.crt";
      };
      key = options.optionalSecret {
        what = "its private key in PEM; needed with TLS";
        example = "/run/secrets/etcd-client.key";
      };
      ca = options.optionalSecret {
        what = "the certificate authority of the store in PEM; needed with TLS";
        example = "/run/secrets/ca.crt";
      };
    };
    discovery = {
      domain = options.domain;
      service = options.discoveryService;
    };
    instance = mkOption {
      type = types.strMatching "[A-Za-z0-9-]{1,63}";
      default = config.networking.hostName;
      defaultText = lib.literalExpression "config.networking.hostName";
      description = "This scheduler's name among the others.";
    };
    advertiseAddress = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "10.77.0.31";
      description = "The address that discovery gives out; needed when {option}`listen.address` names none.";
    };
    agentSecretFile = options.secret {
      what = "the secret that requests between schedulers and agents are signed with";
      example = "/run/secrets/agent-secret";
    };
    inherit (options) timings;
    openFirewall = options.openFirewall "the ports of {option}`listen` and {option}`plain`";
  }
  // options.adapter;

  config = lib.mkIf cfg.enable (
    lib.mkMerge [
      {
        assertions = [
          {
            assertion = storeIsSecure -> lib.all (file: file != null) (lib.attrValues storeFiles);
            message = "services.persys.prow.etcd: cert, key and ca must be set for endpoints with https";
          }
          {
            assertion = storeIsSecure == lib.all (lib.hasPrefix "https://") cfg.etcd.endpoints;
            message = "services.persys.prow.etcd.endpoints must not mix https and http";
          }
          {
            assertion =
              lib.elem cfg.listen.address [
                "0.0.0.0"
                "::"
              ]
              -> cfg.advertiseAddress != null;
            message = "services.persys.prow.advertiseAddress must be set when listen.address is ${cfg.listen.address}, which is no address to give out";
          }
        ];
        networking.firewall.allowedTCPPorts = lib.mkIf cfg.openFirewall [
          cfg.listen.port
          cfg.plain.port
        ];
      }
      (service {
        name = "prow-scheduler";
        description = "Persys scheduler";
        inherit cfg;
        inherit (cfg) listen path;
        environment = {
          LISTEN_TLS = env.socket cfg.listen;
          LISTEN_PLAIN = env.socket cfg.plain;
          TLS_CERT = env.credential "tls-cert";
          TLS_KEY = env.credential "tls-key";
          TLS_CA = env.credential "tls-ca";
          ETCD_ENDPOINTS = lib.concatStringsSep "," cfg.etcd.endpoints;
          ETCD_CERT = env.optionalCredential "etcd-cert" cfg.etcd.cert;
          ETCD_KEY = env.optionalCredential "etcd-key" cfg.etcd.key;
          ETCD_CA = env.optionalCredential "etcd-ca" cfg.etcd.ca;
          DOMAIN = cfg.discovery.domain;
          DISCOVERY_SERVICE = cfg.discovery.service;
          INSTANCE = cfg.instance;
          ADVERTISE_IP = cfg.advertiseAddress;
          AGENT_SECRET_FILE = env.credential "agent-secret";
        }
        // env.timings cfg.timings;
        credentials = {
          tls-cert = cfg.tls.cert;
          tls-key = cfg.tls.key;
          tls-ca = cfg.tls.ca;
          etcd-cert = cfg.etcd.cert;
          etcd-key = cfg.etcd.key;
          etcd-ca = cfg.etcd.ca;
          agent-secret = cfg.agentSecretFile;
        };
        serviceConfig = hardening { privilegedPort = cfg.listen.port < 1024 || cfg.plain.port < 1024; } // {
          DynamicUser = true;
        };
      })
    ]
  );
}
