# What stands for GitHub in a test network: OAuth, API, webhooks and Git over HTTP.
{
  config,
  lib,
  pkgs,
  utils,
  ...
}:
let
  cfg = config.services.persys.github;
  options = import ./lib/options.nix { inherit lib pkgs; };
  env = import ./lib/environment.nix { inherit lib; };
  service = import ./lib/service.nix { inherit lib pkgs utils; };
  hardening = import ./lib/hardening.nix;
  inherit (lib) mkOption types;
in
{
  imports = [ ./packages.nix ];

  options.services.persys.github = {
    enable = lib.mkEnableOption "the stand-in for GitHub, for test networks";
    package = options.package config.services.persys.packages "persys-github";
    listen = options.listen {
      port = 443;
      what = "the stand-in, over HTTPS,";
    };
    tls = {
      cert = options.secret {
        what = "the stand-in's certificate in PEM";
        example = "/run/secrets/github.crt";
      };
      key = options.secret {
        what = "the certificate's private key in PEM";
        example = "/run/secrets/github.key";
      };
      ca = options.secret {
        what = "the certificate authority of the gateway in PEM";
        example = "/run/secrets/ca.crt";
      };
    };
    clientId = mkOption {
      type = types.str;
      default = "persys-test";
      description = "The client id of the one OAuth app.";
    };
    clientSecretFile = options.secret {
      what = "the OAuth app's client secret";
      example = "/run/secrets/github-client-secret";
    };
    callbackUrl = mkOption {
      type = types.strMatching "https://.+";
      example = "https://10.77.0.20:8551/auth/callback";
      description = "The callback URL that the OAuth app has registered.";
    };
    webhook = {
      secretFile = options.optionalSecret {
        what = "the secret that webhooks are signed with";
        example = "/run/secrets/github-webhook-secret";
      };
      cert = options.optionalSecret {
        what = "the client certificate that webhooks are sent with, in PEM";
        example = "/run/secrets/webhook.crt";
      };
      key = options.optionalSecret {
        what = "its private key in PEM";
        example = "/run/secrets/webhook.key";
      };
    };
    adminTokenFile = options.optionalSecret {
      what = "the token of the tests' interface, without which there is none";
      example = "/run/secrets/github-admin-token";
    };
    openFirewall = options.openFirewall "the port of {option}`listen`";
  }
  // options.adapter;

  config = lib.mkIf cfg.enable (
    lib.mkMerge [
      {
        assertions = [
          {
            assertion = (cfg.webhook.cert == null) == (cfg.webhook.key == null);
            message = "services.persys.github.webhook: cert and key must be set together";
          }
        ];
        networking.firewall.allowedTCPPorts = lib.mkIf cfg.openFirewall [ cfg.listen.port ];
      }
      (service {
        name = "github";
        program = "persys-github";
        description = "Stand-in for GitHub";
        inherit cfg;
        inherit (cfg) listen;
        path = [ pkgs.git ] ++ cfg.path;
        environment = {
          LISTEN = env.socket cfg.listen;
          TLS_CERT = env.credential "tls-cert";
          TLS_KEY = env.credential "tls-key";
          TLS_CA = env.credential "tls-ca";
          DATA_DIR = "%S/persys-github";
          GITHUB_CLIENT_ID = cfg.clientId;
          GITHUB_CLIENT_SECRET_FILE = env.credential "client-secret";
          GITHUB_CALLBACK_URL = cfg.callbackUrl;
          GITHUB_WEBHOOK_SECRET_FILE = env.optionalCredential "webhook-secret" cfg.webhook.secretFile;
          WEBHOOK_CERT = env.optionalCredential "webhook-cert" cfg.webhook.cert;
          WEBHOOK_KEY = env.optionalCredential "webhook-key" cfg.webhook.key;
          ADMIN_TOKEN_FILE = env.optionalCredential "admin-token" cfg.adminTokenFile;
        };
        credentials = {
          tls-cert = cfg.tls.cert;
          tls-key = cfg.tls.key;
          tls-ca = cfg.tls.ca;
          client-secret = cfg.clientSecretFile;
          webhook-secret = cfg.webhook.secretFile;
          webhook-cert = cfg.webhook.cert;
          webhook-key = cfg.webhook.key;
          admin-token = cfg.adminTokenFile;
        };
        serviceConfig = hardening { privilegedPort = cfg.listen.port < 1024; } // {
          DynamicUser = true;
          StateDirectory = "persys-github";
          StateDirectoryMode = "0700";
        };
      })
    ]
  );
}
