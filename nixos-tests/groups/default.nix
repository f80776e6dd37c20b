# The groups by name: which of the verifier's scenarios each runs, and in which boot of the machines. Groups of the
# same boot share it. The names are those of groups.json, which CI and the documents read too.
{ lib }:
let
  listed = (lib.importJSON ../groups.json).groups;
  # `all` is no group of its own: it has the verdicts of all others.
  single = lib.remove "all" listed;
  groups = lib.genAttrs single (name: import (./. + "/${name}.nix"));
in
{
  inherit groups;
}
