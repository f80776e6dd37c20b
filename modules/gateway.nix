# The API gateway: takes clients' requests over mutual TLS and forwards them to a scheduler (contract §1, §3.1).
{
  config,
  lib,
  pkgs,
  utils,
  ...
}:
let
  cfg = config.services.persys.gateway;
  options = import ./lib/options.nix { inherit lib pkgs; };
  env = import ./lib/environment.nix { inherit lib; };
  service = import ./lib/service.nix { inherit lib pkgs utils; };
  hardening = import ./lib/hardening.nix;
  inherit (lib) mkOption types;
in
{
  imports = [ ./packages.nix ];

  options.services.persys.gateway = {
    enable = lib.mkEnableOption "the Persys API gateway";
    package = options.package config.services.persys.packages "api-gateway";
    listen = options.listen {
      port = 8551;
      what = "the gateway, over mutual TLS,";
    };
    plain =
      options.listen {
        port = 8085;
        what = "the gateway, without TLS and for health and metrics alone,";
      }
      // {
        openFirewall = options.openFirewall "the port of {option}`plain`, which asks nobody who they are,";
      };
    tls = {
      cert = options.secret {
        what = "the gateway's certificate in PEM, which it shows to clients and to schedulers";
        example = "/run/secrets/api-gateway.crt";
      };
      key = options.secret {
        what = "the certificate's private key in PEM";
        example = "/run/secrets/api-gateway.key";
      };
      ca = options.secret {
        what = "the certificate authority of clients and schedulers in PEM";
        example = "/run/secrets/ca.crt";
      };
    };
    discovery = {
      nameServer = mkOption {
        type = options.types.address;
        example = "10.77.0.40:53";
        description = "The CoreDNS that knows the schedulers. The machine's own resolver is not asked.";
      };
      domain = options.domain;
      service = options.discoveryService;
      fallback = mkOption {
        type = types.nullOr options.types.address;
        default = null;
        example = "10.77.0.31:8085";
        description = "The scheduler that is used while discovery finds none.";
      };
    };
    github = {
      enable = lib.mkEnableOption "the login with GitHub and its webhooks";
      url = mkOption {
        type = types.strMatching "https://.+";
        default = "https://github.com";
        description = "GitHub's address.";
      };
      apiUrl = mkOption {
        type = types.strMatching "https://.+";
        default = "https://api.github.com";
        description = "The address of GitHub's API.";
      };
      clientId = mkOption {
        type = types.str;
        example = "Iv1.0123456789abcdef";
        description = "The gateway's client id as an OAuth app.";
      };
      clientSecretFile = options.secret {
        what = "the OAuth app's client secret";
        example = "/run/secrets/github-client-secret";
      };
      webhookSecretFile = options.secret {
        what = "the secret that GitHub signs webhooks with";
        example = "/run/secrets/github-webhook-secret";
      };
      ca = options.optionalSecret {
        what = "the certificate authority of a GitHub of one's own, in PEM";
        example = "/run/secrets/github-ca.crt";
      };
      jwtKeyFile = options.secret {
        what = "the key that signs the users' tokens, a text of at least 32 bytes";
        example = "/run/secrets/jwt-key";
      };
      publicUrl = mkOption {
        type = types.strMatching "https://.+";
        example = "https://api.example.org:8551";
        description = "The gateway's own address as browsers know it.";
      };
    };
    inherit (options) timings;
    openFirewall = options.openFirewall "the port of {option}`listen`";
  }
  // options.adapter;

  config = lib.mkIf cfg.enable (
    lib.mkMerge [
      (service {
        name = "api-gateway";
        description = "Persys API gateway";
        inherit cfg;
        inherit (cfg) listen path;
        environment = {
          LISTEN_TLS = env.socket cfg.listen;
          LISTEN_PLAIN = env.socket cfg.plain;
          TLS_CERT = env.credential "tls-cert";
          TLS_KEY = env.credential "tls-key";
          TLS_CA = env.credential "tls-ca";
          COREDNS_ADDR = cfg.discovery.nameServer;
          DOMAIN = cfg.discovery.domain;
          DISCOVERY_SERVICE = cfg.discovery.service;
          PROW_SCHEDULER_ADDR = cfg.discovery.fallback;
        }
        // lib.optionalAttrs cfg.github.enable {
          GITHUB_URL = cfg.github.url;
          GITHUB_API_URL = cfg.github.apiUrl;
          GITHUB_CLIENT_ID = cfg.github.clientId;
          GITHUB_CLIENT_SECRET_FILE = env.credential "github-client-secret";
          GITHUB_WEBHOOK_SECRET_FILE = env.credential "github-webhook-secret";
          GITHUB_CA = env.optionalCredential "github-ca" cfg.github.ca;
          JWT_KEY_FILE = env.credential "jwt-key";
          PUBLIC_URL = cfg.github.publicUrl;
        }
        // env.timings cfg.timings;
        credentials = {
          tls-cert = cfg.tls.cert;
          tls-key = cfg.tls.key;
          tls-ca = cfg.tls.ca;
        }
        // lib.optionalAttrs cfg.github.enable {
          github-client-secret = cfg.github.clientSecretFile;
          github-webhook-secret = cfg.github.webhookSecretFile;
          github-ca = cfg.github.ca;
          jwt-key = cfg.github.jwtKeyFile;
        };
        serviceConfig = hardening { privilegedPort = cfg.listen.port < 1024 || cfg.plain.port < 1024; } // {
          DynamicUser = true;
        };
      })
      {
        networking.firewall.allowedTCPPorts =
          lib.optional cfg.openFirewall cfg.listen.port ++ lib.optional cfg.plain.openFirewall cfg.plain.port;
      }
    ]
  );
}
