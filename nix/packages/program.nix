# One program of the workspace.
{
  lib,
  rustPlatform,
  protobuf,
  crates,
  root,
}:
{
  # The name of the program, and of the package.
  name,
  crate ? name,
  description,
}:
rustPlatform.buildRustPackage {
  pname = name;
  version = (lib.importTOML (root + "/Cargo.toml")).workspace.package.version;
  src = crates.sourceFor crate;
  cargoLock.lockFile = root + "/Cargo.lock";
  postPatch = crates.fillIn;
  cargoBuildFlags = [
    "--package"
    crate
  ];
  # What generates etcd's messages.
  nativeBuildInputs = [ protobuf ];
  # The tests of the whole workspace are a check of their own.
  doCheck = false;
  meta = {
    inherit description;
    mainProgram = name;
    license = with lib.licenses; [
      mit
      asl20
    ];
    platforms = lib.platforms.linux;
  };
}
