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

  # An emulated machine takes a second for what takes another a few milliseconds: a platform that expects a beat each
  # second would lose its nodes, and would be right to.
  slowed = topology // {
    timings = lib.mapAttrs (
      name: seconds: if name == "signatureWindow" then seconds else 4 * seconds
    ) topology.timings;
  };
in
import (root + "/nixos-tests") {
  topology = if kvm then topology else slowed;
  inherit
    pkgs
    only
    kvm
    salt
    prefix
    ;
  packages = own // platform;
  modules = self.nixosModules.default;
  extraModules = modules;
}
