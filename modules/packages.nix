# Where the components' `package` options take their defaults from; the flake's modules fill it in.
{ lib, ... }:
{
  options.services.persys.packages = lib.mkOption {
    type = lib.types.lazyAttrsOf lib.types.package;
    default = { };
    description = "The packages by name that the components' `package` options default to.";
  };
}
