# A machine with everything but the nodes: gateway, scheduler, etcd and CoreDNS.
#
# Its certificates and secrets are files that a tool of yours puts into /var/lib/secrets before the services start
# (sops-nix, agenix, a configuration management). They are readable by root alone; the services get theirs by
# systemd's credentials.
{ config, ... }:
let
  address = "10.0.0.1";
  secret = file: "/var/lib/secrets/${file}";
  storeCredential = file: "/run/credentials/etcd.service/${file}";
  dnsCredential = file: "/run/credentials/coredns.service/${file}";
in
{
  networking.hostName = "control";

  services.persys.gateway = {
    enable = true;
    tls = {
      cert = secret "api-gateway.crt";
      key = secret "api-gateway.key";
      ca = secret "ca.crt";
    };
    # The scheduler has the port 8085 for itself.
    plain.port = 8086;
    discovery = {
      nameServer = "${address}:53";
      fallback = "${address}:8085";
    };
    openFirewall = true;
  };

  services.persys.prow = {
    enable = true;
    advertiseAddress = address;
    tls = {
      cert = secret "prow-scheduler.crt";
      key = secret "prow-scheduler.key";
      ca = secret "ca.crt";
    };
    etcd = {
      endpoints = [ "https://${address}:2379" ];
      cert = secret "etcd-client.crt";
      key = secret "etcd-client.key";
      ca = secret "ca.crt";
    };
    agentSecretFile = secret "agent-secret";
    # Nodes are watched closely: a lost one is noticed within 20 seconds.
    timings = {
      heartbeatInterval = 5;
      nodeTimeout = 20;
    };
    openFirewall = true;
  };

  services.etcd = {
    enable = true;
    listenClientUrls = [ "https://${address}:2379" ];
    advertiseClientUrls = [ "https://${address}:2379" ];
    initialCluster = [ "${config.networking.hostName}=http://127.0.0.1:2380" ];
    clientCertAuth = true;
    certFile = storeCredential "cert";
    keyFile = storeCredential "key";
    trustedCaFile = storeCredential "ca";
  };
  systemd.services.etcd.serviceConfig.LoadCredential = [
    "cert:${secret "etcd.crt"}"
    "key:${secret "etcd.key"}"
    "ca:${secret "ca.crt"}"
  ];

  services.coredns = {
    enable = true;
    config = ''
      persys.local {
        bind ${address}
        errors
        etcd {
          path /skydns
          endpoint https://${address}:2379
          tls ${dnsCredential "cert"} ${dnsCredential "key"} ${dnsCredential "ca"}
        }
        cache 2
      }
    '';
  };
  systemd.services.coredns.serviceConfig = {
    RestartSec = 1;
    LoadCredential = [
      "cert:${secret "etcd-client.crt"}"
      "key:${secret "etcd-client.key"}"
      "ca:${secret "ca.crt"}"
    ];
  };
}
