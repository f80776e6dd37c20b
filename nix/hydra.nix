# Hydra's jobs: every run, with its report on red too, every other check, every package.
{
  lib,
  perSystem,
}:
let
  # Job first, system second, as Hydra shows them.
  transpose =
    pick:
    lib.foldl' lib.recursiveUpdate { } (
      lib.mapAttrsToList (
        system: outputs: lib.mapAttrs (_: job: { ${system} = job; }) (pick outputs)
      ) perSystem
    );
in
transpose (outputs: outputs.runs)
// {
  packages = transpose (outputs: outputs.packages);
  checks = transpose (outputs: removeAttrs outputs.checks (lib.attrNames outputs.gates));
}
