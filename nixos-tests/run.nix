# The report of one group, taken from its boot, with Hydra's files: it is there on red as on green, and Hydra shows a
# red one as "failed with output".
{
  runCommand,
  persys-verifier,
  name,
  group,
  boot,
}:
runCommand "persys-e2e-${name}"
  {
    inherit boot;
    passthru = {
      inherit boot;
      inherit (boot) driver config;
    };
    nativeBuildInputs = [ persys-verifier ];
  }
  ''
    if [ ! -d "$boot/${group}" ]; then
      echo "${group} left nothing; see $boot/journals" >&2
      cat "$boot/missing" >&2 || true
      exit 1
    fi
    cp -r --no-preserve=mode "$boot/${group}" $out
    if [ -d "$boot/journals" ]; then
      ln -s "$boot/journals" $out/journals
    fi
    if [ -e "$boot/missing" ]; then
      cp "$boot/missing" $out/missing
    fi
    persys-verifier report --hydra $out $out || {
      echo "${group} left no complete report; what there is, is in $boot/${group}" >&2
      exit 1
    }
  ''
