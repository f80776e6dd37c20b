# The verdict on one group: needs no machine, reads the run's report, prints the digest last and fails on red.
{
  runCommand,
  persys-verifier,
  name,
  run,
}:
runCommand "persys-e2e-${name}-gate"
  {
    passthru = {
      # `nix build .#checks.SYSTEM.GROUP.report` has the report on red too.
      report = run;
      inherit (run) boot driver config;
    };
    nativeBuildInputs = [ persys-verifier ];
  }
  ''
    persys-verifier report --print --gate ${run}
    if [ -e ${run}/nix-support/failed ]; then
      echo "${run} is marked as failed" >&2
      exit 1
    fi
    ln -s ${run} $out
  ''
