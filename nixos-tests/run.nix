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
    cp -r --no-preserve=mode "$boot/${group}" $out
    if [ -d "$boot/journals" ]; then
      ln -s "$boot/journals" $out/journals
    fi
    persys-verifier report --hydra $out $out
  ''
