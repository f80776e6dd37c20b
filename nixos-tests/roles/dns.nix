# CoreDNS over etcd.
{
  lib,
  name,
  topology,
  ...
}:
let
  credential = file: "/run/credentials/coredns.service/${file}";
  tls = lib.optionalString topology.etcdTls "tls ${credential "cert"} ${credential "key"} ${credential "ca"}";
in
{
  services.coredns = {
    enable = true;
    # Bound to the machine's own address, for the machine's resolver may have the port on others. The least time to
    # live is given too: without it CoreDNS keeps every answer for five seconds (contract §1 allows two).
    config = ''
      ${topology.domain}:${toString topology.ports.dns} {
        bind ${topology.machines.${name}.address}
        errors
        log
        ready 127.0.0.1:8181
        health 127.0.0.1:8180
        etcd {
          path /skydns
          endpoint ${toString topology.etcdEndpoints}
          ${tls}
        }
        cache 2 {
          success 9984 2 0
          denial 9984 1 0
        }
      }
    '';
  };

  systemd.services.coredns = {
    wants = [ "network-online.target" ];
    after = [ "network-online.target" ];
    # It ends when it cannot reach etcd at its start.
    unitConfig.StartLimitIntervalSec = 0;
    serviceConfig = {
      Restart = lib.mkForce "always";
      RestartSec = 1;
      LoadCredential = lib.optionals topology.etcdTls [
        "cert:${topology.credential "etcd-client.crt"}"
        "key:${topology.credential "etcd-client.key"}"
        "ca:${topology.credential "ca.crt"}"
      ];
    };
  };

  services.persys.pki.machine.requiredBy = [ "coredns.service" ];
  networking.firewall = {
    allowedTCPPorts = [ topology.ports.dns ];
    allowedUDPPorts = [ topology.ports.dns ];
  };
}
