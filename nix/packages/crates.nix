# What each crate of the workspace needs of the others, read from the manifests, and the source that is just that.
{ lib, root }:
let
  manifestOf = folder: lib.importTOML (root + "/${folder}/Cargo.toml");
  workspace = (lib.importTOML (root + "/Cargo.toml")).workspace;
  members = workspace.members;

  # The workspace's own crates by name: where each lies.
  folders = lib.listToAttrs (
    map (folder: lib.nameValuePair (manifestOf folder).package.name folder) members
  );

  needs =
    crate:
    lib.filter (name: folders ? ${name}) (
      lib.attrNames (manifestOf folders.${crate}).dependencies or { }
    );

  # The crate and all that it stands on.
  closure =
    crate:
    map (entry: entry.key) (
      lib.genericClosure {
        startSet = [ { key = crate; } ];
        operator = { key }: map (name: { key = name; }) (needs key);
      }
    );

  manifests = map (folder: root + "/${folder}/Cargo.toml") members;
  # What code has in it beside its own folder.
  included = {
    persys-github = [ (root + "/reference/github/seed") ];
    # It reads the list of defects when they are built in, which they are in no package.
    persys-reference-base = [ (root + "/reference/base/build.rs") ];
    persys-verifier = [
      (root + "/verifier/workloads")
      (root + "/docs/strategy.md")
    ];
  };
  common = [
    (root + "/Cargo.toml")
    (root + "/Cargo.lock")
  ]
  ++ manifests;
  code = folder: lib.fileset.maybeMissing (root + "/${folder}/src");
  source =
    files:
    lib.fileset.toSource {
      inherit root;
      fileset = lib.fileset.unions (common ++ files);
    };
in
{
  inherit members;

  # Changes of documents, of Nix files and of crates that this one does not need leave it as it was.
  sourceFor =
    crate:
    source (
      map (name: code folders.${name}) (closure crate)
      ++ lib.concatMap (name: included.${name} or [ ]) (closure crate)
    );

  # Everything that is compiled or that a test reads.
  sourceOfAll = source (
    map (folder: root + "/${folder}") members
    ++ [
      (root + "/topology.json")
      (root + "/rustfmt.toml")
      (root + "/docs/contract.md")
      (root + "/docs/coverage.md")
      (root + "/docs/strategy.md")
      (root + "/reference/DEFECTS.md")
      (root + "/reference/defects.json")
      (root + "/reference/idle-steps.json")
      (root + "/reference/tests")
    ]
  );

  # Cargo wants every member to have something to build, also those whose code was left out.
  fillIn = ''
    for manifest in ${lib.concatMapStringsSep " " (folder: "${folder}/Cargo.toml") members}; do
      folder=''${manifest%/Cargo.toml}
      if [ ! -d "$folder/src" ]; then
        mkdir "$folder/src"
        echo 'fn main() {}' > "$folder/src/main.rs"
        : > "$folder/src/lib.rs"
      fi
    done
  '';
}
