# A node: the agent and its Docker Engine, which the verifier asks as a witness.
{
  config,
  lib,
  name,
  pkgs,
  topology,
  ...
}:
let
  own = topology.machines.${name};
  docker = config.virtualisation.docker.package;
  # A slice by itself is at the root of the control groups.
  containers = "containers.slice";
  load = pkgs.writeShellScript "load-test-images" ''
    set -eu
    for image in ${config.services.persys.packages.test-images}/*.tar.gz; do
      ${docker}/bin/docker load --input "$image"
    done
  '';
in
{
  services.persys.agent = {
    enable = true;
    listen.port = topology.ports.agent;
    schedulers = topology.schedulersForAgents;
    nodeAddress = own.address;
    labels = own.labels or { };
    inherit (topology) domain timings;
    agentSecretFile = topology.credential "agent-secret";
    gitCa = topology.credential "ca.crt";
    openFirewall = true;
  };

  virtualisation.docker = {
    enable = true;
    # As it is outside of NixOS; the journal would hold every container's log a second time.
    logDriver = "json-file";
    daemon.settings = {
      hosts = [ "tcp://${own.address}:${toString topology.ports.docker}" ];
      exec-opts = [ "native.cgroupdriver=systemd" ];
      cgroup-parent = containers;
    }
    // (
      if topology.dockerTls then
        {
          tlsverify = true;
          tlscacert = topology.credential "ca.crt";
          tlscert = topology.credential "docker.crt";
          tlskey = topology.credential "docker.key";
        }
      else
        { tls = false; }
    );
  };
  # What the fault daemon leaves short of memory and disk.
  services.persys.faultd = {
    containersCgroup = "/${containers}";
    fillRoots = [
      "/run/persys"
      "/var/lib/docker"
    ];
  };

  systemd.services.docker = {
    wants = [ "network-online.target" ];
    after = [ "network-online.target" ];
  };

  # A node takes workloads when the images that they run are there: there is no registry.
  systemd.services.persys-test-images = {
    description = "Images that test workloads run";
    requires = [ "docker.service" ];
    after = [ "docker.service" ];
    before = [ "persys-agent.service" ];
    wantedBy = [ "multi-user.target" ];
    serviceConfig = {
      Type = "oneshot";
      RemainAfterExit = true;
      ExecStart = load;
    };
  };

  services.persys.pki.machine.requiredBy = [ "docker.service" ];
  networking.firewall.allowedTCPPorts = [ topology.ports.docker ];
  virtualisation.memorySize = 1024;
  # An engine that answers while a container is being made.
  virtualisation.cores = 2;
  virtualisation.diskSize = 4096;
}
