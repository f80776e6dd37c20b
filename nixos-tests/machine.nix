# What every machine of the network has: its address, the others' names, its credentials and the fault daemon.
{
  config,
  lib,
  name,
  topology,
  ...
}:
let
  own = topology.machines.${name};
  components = lib.concatMap (role: (import ./components.nix).${role}) own.roles;
  logs = "/var/log/persys";
in
{
  # The framework's own addresses are others, so that those of the topology take their place everywhere.
  networking = {
    hostName = name;
    domain = topology.domain;
    primaryIPAddress = lib.mkForce own.address;
    primaryIPv6Address = lib.mkForce "";
    useDHCP = false;
    interfaces.eth1 = {
      ipv4.addresses = lib.mkForce [
        {
          inherit (own) address;
          inherit (topology) prefixLength;
        }
      ];
      ipv6.addresses = lib.mkForce [ ];
    };
    firewall.enable = true;
  };

  services.persys.pki = {
    topology = topology.file;
    machine = {
      enable = true;
      # The folder that all machines of a test share with its driver.
      source = "/tmp/shared/persys-credentials";
      folder = topology.credentials;
    };
  };

  services.persys.faultd = {
    enable = true;
    topology = topology.file;
    port = topology.ports.faultd;
    tls = {
      cert = topology.credential "faultd.crt";
      key = topology.credential "faultd.key";
      ca = topology.credential "ca.crt";
    };
    logFolder = logs;
    openFirewall = true;
  };

  # The verifier reads the components' logs after each step: from files it has the new part for nothing.
  systemd.tmpfiles.rules = [ "d ${logs} 0755 root root" ];
  systemd.services = lib.genAttrs ([ "persys-faultd" ] ++ components) (component: {
    after = [ "systemd-tmpfiles-setup.service" ];
    serviceConfig = {
      StandardOutput = "append:${logs}/${component}.log";
      StandardError = "append:${logs}/${component}.log";
    }
    // lib.optionalAttrs (lib.elem component components) {
      # What a test has killed stays down until the test heals it, and systemd need not read all units again for that.
      RestartPreventExitStatus = "SIGKILL";
    };
  });

  virtualisation = {
    vlans = [ 1 ];
    # Enough for a component that is written in Rust; roles ask for more.
    memorySize = lib.mkDefault 512;
    cores = lib.mkDefault 1;
    graphics = false;
  };

  # An emulated machine may be slow to find its devices; that it never does is for the test's own timeout to say.
  boot.kernelParams = [ "systemd.default_device_timeout_sec=1500" ];

  # Only what the components need: each machine boots in every test.
  documentation.enable = lib.mkDefault false;
  nix.enable = lib.mkDefault false;
  fonts.fontconfig.enable = lib.mkDefault false;
  security.polkit.enable = lib.mkDefault false;
  programs.command-not-found.enable = lib.mkDefault false;
  xdg.mime.enable = lib.mkDefault false;
  services.logrotate.enable = lib.mkDefault false;
  services.timesyncd.enable = lib.mkDefault false;
}
