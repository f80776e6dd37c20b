# The network in other shapes: each has a topology made from the usual one, modules for machines that are configured in
# another way, and the groups that make sense for it, which are in groups.json, because CI has to know them too.
{ lib }:
lib.mapAttrs (
  name: only: import (./. + "/${name}.nix") { inherit lib; } // { inherit only; }
) (lib.importJSON ../groups.json).variants
