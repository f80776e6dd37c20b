# Where the verifier runs, as a user of the platform would, and where the test authority is.
{
  config,
  pkgs,
  topology,
  ...
}:
let
  commands = pkgs.callPackage ../script/commands.nix {
    inherit (config.services.persys.packages) persys-verifier persys-cli;
  };
in
{
  services.persys.pki.authority = {
    enable = true;
    folder = "/tmp/shared/persys-credentials";
  };

  programs.persys-cli = {
    enable = true;
    gateway = topology.gatewayUrl;
    cert = topology.credential "client.crt";
    key = topology.credential "client.key";
    ca = topology.credential "ca.crt";
  };

  environment.systemPackages = [
    config.services.persys.packages.persys-verifier
    commands.start
    commands.await
  ];
  environment.etc."persys/topology.json".source = topology.file;

  # The verifier listens itself: as a scheduler that it is not, for the gateway to find, and for what must not come.
  networking.firewall.trustedInterfaces = [ "eth1" ];

  # The verifier holds all evidence of a run in memory and under /var.
  virtualisation.memorySize = 1024;
  virtualisation.cores = 2;
}
