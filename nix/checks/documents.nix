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
    blocks=$PWD/blocks
    mkdir "$blocks"
    # Each block as a file of its own, named after the document's path and the block's line.
    cd ${source}
    find . -name '*.md' | while read -r document; do
      name=''${document#./}
      awk -v name="$blocks/''${name//\//-}" '
        /^```(nix|json)$/ { file = name "-" NR "." substr($0, 4); next }
        /^```/ { file = ""; next }
        file != "" { print > file }
      ' "$document"
    done
    count=0
    for block in "$blocks"/*; do
      case $block in
      *.nix) nixfmt < "$block" > /dev/null || { echo "$block is no Nix"; exit 1; } ;;
      *.json) jq empty "$block" || { echo "$block is no JSON"; exit 1; } ;;
      *) echo "there is no block to read"; exit 1 ;;
      esac
      count=$((count + 1))
    done
    echo "$count blocks" > $out
  ''
