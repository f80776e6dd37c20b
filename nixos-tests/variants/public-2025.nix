# A platform as the public builds of 2025 are (contract §9): without the features that came later, without TLS on etcd
# and Docker, with its own timings. Which programs are tested is the flake's input `platform`; the modules' adapter
# options give them the configuration that they read.
{ lib }:
{
  topology =
    usual:
    usual
    // {
      name = "${usual.name}-public-2025";
      requestAuthentication = "rsa";
      etcd.tls = false;
      docker.tls = false;
      timings = usual.timings // {
        heartbeatInterval = 240;
        nodeTimeout = 300;
        monitorInterval = 60;
        reconcileInterval = 120;
        discoveryInterval = 60;
        requestTimeout = 30;
      };
      platform = {
        name = "public-2025";
        features = [ ];
      };
    };

  # What such programs read instead of the contract's configuration. The contract's variables stay: they do not harm.
  modules =
    topology:
    let
      plainAddress = role: (lib.head (lib.attrValues (topology.withRole role))).address;
      # None of them tells systemd that it is ready.
      byPort.readiness = "port";
      gateway.services.persys.gateway = byPort // {
        # It reads this in its working directory. The keys are those of the build under test: override the file there.
        files."config.toml" = lib.mkDefault ''
          coredns_addr = "${topology.nameServer}"
          prow_scheduler_addr = "${topology.fallbackScheduler}"
          tls_cert = "/run/credentials/api-gateway.service/tls-cert"
          tls_key = "/run/credentials/api-gateway.service/tls-key"
          tls_ca = "/run/credentials/api-gateway.service/tls-ca"
        '';
      };
      prow = name: {
        services.persys.prow = byPort // {
          environment = {
            SCHEDULER_IP = topology.machines.${name}.address;
            CA_FILE = "%d/tls-ca";
          };
        };
      };
      agent =
        { config, ... }:
        {
          services.persys.agent = byPort // {
            environment = {
              CENTRAL_URL = "http://${plainAddress "scheduler"}:${toString topology.ports.schedulerPlain}";
              AGENT_SECRET_FILE = null;
            };
            # The secret is in the environment and nowhere else, so that a shell has to put it there.
            command = [
              "/bin/sh"
              "-c"
              "AGENT_SECRET=$(cat \"$CREDENTIALS_DIRECTORY/agent-secret\") exec ${config.services.persys.agent.package}/bin/persys-agent"
            ];
          };
        };
    in
    lib.mapAttrs (_: _: gateway) (topology.withRole "gateway")
    // lib.mapAttrs (name: _: prow name) (topology.withRole "scheduler")
    // lib.mapAttrs (_: _: agent) (topology.withRole "agent");
}
