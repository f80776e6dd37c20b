# Every Nix file parses and is formatted.
{
  lib,
  runCommand,
  nixfmt,
  root,
}:
let
  source = lib.fileset.toSource {
    inherit root;
    fileset = lib.fileset.fileFilter (file: file.hasExt "nix") root;
  };
in
runCommand "persys-e2e-format" { nativeBuildInputs = [ nixfmt ]; } ''
  find ${source} -name '*.nix' -print0 | xargs -0 nixfmt --check
  touch $out
''
