# The verdict on all groups: every run's digest, and red if one is red.
{
  lib,
  runCommand,
  persys-verifier,
  runs,
}:
runCommand "persys-e2e-all-gate"
  {
    passthru.report = runs;
    nativeBuildInputs = [ persys-verifier ];
  }
  ''
    mkdir $out
    red=
    ${lib.concatStrings (
      lib.mapAttrsToList (name: run: ''
        persys-verifier report --print --gate ${run} || red="$red ${name}"
        ln -s ${run} $out/${name}
      '') runs
    )}
    if [ -n "$red" ]; then
      echo "red:$red" >&2
      exit 1
    fi
  ''
