# One VM for each machine of the topology, with its components: a module for the NixOS test framework.
{
  lib,
  topology,
  packages,
  modules,
  # NixOS modules by machine, on top of all: how a platform of another make is configured.
  extraModules ? { },
}:
let
  roles = {
    client = ./roles/client.nix;
    gateway = ./roles/gateway.nix;
    scheduler = ./roles/scheduler.nix;
    dns = ./roles/dns.nix;
    etcd = ./roles/etcd.nix;
    agent = ./roles/agent.nix;
    github = ./roles/github.nix;
  };
  machine = name: description: {
    imports = [
      modules
      ./machine.nix
    ]
    ++ map (role: roles.${role}) description.roles
    ++ lib.toList (extraModules.${name} or [ ]);
    services.persys.packages = packages;
  };
in
{
  nodes = lib.mapAttrs machine topology.machines;
  node.specialArgs = {
    inherit topology;
  };
}
