# The Docker Engine of those that nixpkgs still maintains: in 25.11 `docker` is the 28 that it refuses to evaluate.
{ lib, pkgs }:
if lib.versionOlder (lib.getVersion pkgs.docker) "29" && pkgs ? docker_29 then
  pkgs.docker_29
else
  pkgs.docker
