# What the documents show as Nix or JSON can be read as such.
{
  lib,
  runCommand,
  nixfmt,
  jq,
  root,
}:
let
  source = lib.fileset.toSource {
    inherit root;
    fileset = lib.fileset.fileFilter (file: file.hasExt "md") root;
  };
in
runCommand "persys-e2e-documents"
  {
    nativeBuildInputs = [
      nixfmt
      jq
    ];
  }
  ''
    mkdir blocks
    # Each block as a file of its own, named after the document and the block's line.
    find ${source} -name '*.md' | while read -r document; do
      awk -v name="$(basename "$document" .md)" '
        /^```(nix|json)$/ { file = "blocks/" name "-" NR "." substr($0, 4); next }
        /^```/ { file = ""; next }
        file != "" { print > file }
      ' "$document"
    done
    for block in blocks/*; do
      case $block in
      *.nix) nixfmt < "$block" > /dev/null || { echo "$block is no Nix"; exit 1; } ;;
      *.json) jq empty "$block" || { echo "$block is no JSON"; exit 1; } ;;
      esac
    done
    touch $out
  ''
