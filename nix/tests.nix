# The VM tests with this flake's suite and components, for the packages of any platform.
{
  lib,
  root,
  self,
}:
{
  pkgs,
  packages,
  topology,
  only ? null,
  modules ? { },
  kvm ? true,
  salt ? "",
  prefix ? "",
}:
let
  own = self.packages.${pkgs.stdenv.hostPlatform.system};
  platform = import ./platform.nix { inherit lib packages; };
in
import (root + "/nixos-tests") {
  inherit
    pkgs
    topology
    only
    kvm
    salt
    prefix
    ;
  packages = own // platform;
  modules = self.nixosModules.default;
  extraModules = modules;
}
