# Every package: the programs, what is made of them, and the images that test workloads run.
{ pkgs, root }:
let
  inherit (pkgs) lib;
  crates = import ./crates.nix { inherit lib root; };
  program = pkgs.callPackage ./program.nix { inherit crates root; };

  # What is under test. Another platform's flake has packages of the same names.
  platform = {
    api-gateway = program {
      name = "api-gateway";
      crate = "persys-gateway";
      description = "The reference's API gateway";
    };
    prow-scheduler = program {
      name = "prow-scheduler";
      crate = "persys-prow";
      description = "The reference's scheduler";
    };
    persys-agent = program {
      name = "persys-agent";
      description = "The reference's node agent";
    };
    persys-cli = program {
      name = "persys-cli";
      description = "The reference's client";
    };
  };

  # What tests it.
  suite = {
    persys-verifier = program {
      name = "persys-verifier";
      description = "Runs the scenarios against a platform and reports";
    };
    persys-faultd = program {
      name = "persys-faultd";
      description = "Injects faults into a machine of a test topology";
    };
    persys-github = program {
      name = "persys-github";
      description = "Stands for GitHub: OAuth, API, webhooks, Git over HTTP";
    };
    persys-pki = program {
      name = "persys-pki";
      crate = "persys-identity";
      description = "Makes the certificates and secrets of every machine of a topology";
    };
    persys-lab = program {
      name = "persys-lab";
      description = "Runs a whole topology on one Linux host, in namespaces";
    };
  };
in
platform
// suite
// {
  test-images = pkgs.callPackage ./test-images.nix { };
  verifier-image = pkgs.callPackage ./verifier-image.nix {
    inherit (suite) persys-verifier;
    inherit (platform) persys-cli;
  };
}
