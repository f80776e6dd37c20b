# A node: runs workloads on its Docker Engine. There may be many, each with an address of its own.
{
  networking.hostName = "node";

  services.persys.agent = {
    enable = true;
    schedulers = [ "http://10.0.0.1:8084" ];
    nodeAddress = "10.0.0.2";
    labels.disk = "ssd";
    agentSecretFile = "/var/lib/secrets/agent-secret";
    timings = {
      heartbeatInterval = 5;
      nodeTimeout = 20;
    };
    openFirewall = true;
  };

  virtualisation.docker.enable = true;
}
