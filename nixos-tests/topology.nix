# What the machines' configurations need to know of a topology, which is the parsed `topology.json`.
{ lib, pkgs }:
topology:
let
  withRole = role: lib.filterAttrs (_: machine: lib.elem role machine.roles) topology.machines;
  scheme = service: if (topology.${service} or { }).tls or true then "https" else "http";
  firstAddress = role: (lib.head (lib.attrValues (withRole role))).address;
in
topology
// {
  inherit withRole;

  # The same for programs.
  file = pkgs.writeText "topology.json" (builtins.toJSON topology);

  prefixLength = lib.toInt (lib.last (lib.splitString "/" topology.subnet));
  etcdTls = scheme "etcd" == "https";
  dockerTls = scheme "docker" == "https";

  gatewayUrl = "https://${firstAddress "gateway"}:${toString topology.ports.gateway}";
  nameServer = "${firstAddress "dns"}:${toString topology.ports.dns}";
  fallbackScheduler = "${firstAddress "scheduler"}:${toString topology.ports.scheduler}";
  etcdEndpoints = lib.mapAttrsToList (
    _: machine: "${scheme "etcd"}://${machine.address}:${toString topology.ports.etcd}"
  ) (withRole "etcd");
  schedulersForAgents = lib.mapAttrsToList (
    _: machine: "http://${machine.address}:${toString topology.ports.schedulerPlain}"
  ) (withRole "scheduler");
  githubUrl =
    let
      port = topology.ports.github;
    in
    "https://${firstAddress "github"}" + lib.optionalString (port != 443) ":${toString port}";

  # A file among a machine's credentials.
  credential = file: "${topology.credentials}/${file}";
}
