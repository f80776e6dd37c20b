# What stands for GitHub.
{ topology, ... }:
{
  services.persys.github = {
    enable = true;
    listen.port = topology.ports.github;
    tls = {
      cert = topology.credential "github.crt";
      key = topology.credential "github.key";
      ca = topology.credential "ca.crt";
    };
    clientId = "persys-test";
    clientSecretFile = topology.credential "github-client-secret";
    callbackUrl = "${topology.gatewayUrl}/auth/callback";
    webhook = {
      secretFile = topology.credential "github-webhook-secret";
      # The gateway takes webhooks over mutual TLS alone.
      cert = topology.credential "webhook.crt";
      key = topology.credential "webhook.key";
    };
    adminTokenFile = topology.credential "github-admin-token";
    openFirewall = true;
  };
}
