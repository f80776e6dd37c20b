# The groups by name: which of the verifier's scenarios each runs, and in which boot of the machines. Groups of the
# same boot share it. The names are those of groups.json, which CI and the documents read too.
{ lib }:
let
  inherit (lib.importJSON ../groups.json) boots;
  group = boot: name: lib.nameValuePair name (import (./. + "/${name}.nix") // { inherit boot; });
in
{
  groups = lib.listToAttrs (
    lib.concatLists (lib.mapAttrsToList (boot: names: map (group boot) names) boots)
  );
}
