# A member of the store; with more than one machine of this role they are a cluster.
{
  lib,
  name,
  topology,
  ...
}:
let
  credential = file: "/run/credentials/etcd.service/${file}";
  members = topology.withRole "etcd";
  address = topology.machines.${name}.address;
  scheme = if topology.etcdTls then "https" else "http";
  client = "${scheme}://${address}:${toString topology.ports.etcd}";
  # A cluster of one needs no peers, but wants to listen for them.
  peer =
    machine:
    if lib.length (lib.attrNames members) == 1 then
      "http://127.0.0.1:2380"
    else
      "${scheme}://${machine.address}:2380";
in
{
  services.etcd = {
    enable = true;
    inherit name;
    listenClientUrls = [ client ];
    advertiseClientUrls = [ client ];
    listenPeerUrls = [ (peer topology.machines.${name}) ];
    initialAdvertisePeerUrls = [ (peer topology.machines.${name}) ];
    initialCluster = lib.mapAttrsToList (member: machine: "${member}=${peer machine}") members;
    extraConf.LISTEN_METRICS_URLS = "http://127.0.0.1:2381";
  }
  // lib.optionalAttrs topology.etcdTls {
    clientCertAuth = true;
    certFile = credential "cert";
    keyFile = credential "key";
    trustedCaFile = credential "ca";
    peerClientCertAuth = lib.length (lib.attrNames members) > 1;
  };

  systemd.services.etcd.serviceConfig = {
    RestartSec = lib.mkForce 1;
    LoadCredential = lib.optionals topology.etcdTls [
      "cert:${topology.credential "etcd.crt"}"
      "key:${topology.credential "etcd.key"}"
      "ca:${topology.credential "ca.crt"}"
    ];
  };

  services.persys.pki.machine.requiredBy = [ "etcd.service" ];
  networking.firewall.allowedTCPPorts = [
    topology.ports.etcd
    2380
  ];
}
