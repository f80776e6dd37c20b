{ lib, topology, ... }:
{
  services.persys.gateway = {
    enable = true;
    listen.port = topology.ports.gateway;
    plain = {
      port = topology.ports.gatewayPlain;
      # The verifier asks it from another machine.
      openFirewall = true;
    };
    tls = {
      cert = topology.credential "api-gateway.crt";
      key = topology.credential "api-gateway.key";
      ca = topology.credential "ca.crt";
    };
    discovery = {
      inherit (topology) nameServer domain;
      # What is left when discovery fails.
      fallback = topology.fallbackScheduler;
    };
    github = lib.mkIf (topology.withRole "github" != { }) {
      enable = true;
      url = topology.githubUrl;
      apiUrl = "${topology.githubUrl}/api/v3";
      clientId = "persys-test";
      clientSecretFile = topology.credential "github-client-secret";
      webhookSecretFile = topology.credential "github-webhook-secret";
      ca = topology.credential "ca.crt";
      jwtKeyFile = topology.credential "jwt-key";
      publicUrl = topology.gatewayUrl;
    };
    inherit (topology) timings;
    openFirewall = true;
  };
}
