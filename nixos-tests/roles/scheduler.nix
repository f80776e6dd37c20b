{
  lib,
  name,
  topology,
  ...
}:
{
  services.persys.prow = {
    enable = true;
    listen.port = topology.ports.scheduler;
    plain.port = topology.ports.schedulerPlain;
    advertiseAddress = topology.machines.${name}.address;
    tls = {
      cert = topology.credential "prow-scheduler.crt";
      key = topology.credential "prow-scheduler.key";
      ca = topology.credential "ca.crt";
    };
    etcd = {
      endpoints = topology.etcdEndpoints;
    }
    // lib.optionalAttrs topology.etcdTls {
      cert = topology.credential "etcd-client.crt";
      key = topology.credential "etcd-client.key";
      ca = topology.credential "ca.crt";
    };
    discovery = { inherit (topology) domain; };
    agentSecretFile = topology.credential "agent-secret";
    inherit (topology) timings;
    openFirewall = true;
  };
}
