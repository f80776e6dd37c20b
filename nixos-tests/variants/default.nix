# The network in other shapes: each has a topology made from the usual one, the groups that make sense for it, and
# modules for machines that are configured in another way.
{ lib }:
lib.genAttrs (lib.importJSON ../groups.json).variants (
  name: import (./. + "/${name}.nix") { inherit lib; }
)
