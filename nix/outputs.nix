# The flake's outputs, wired from what lies in files of its own.
{
  self,
  nixpkgs,
  platform,
}:
let
  inherit (nixpkgs) lib;
  root = ../.;
  topology = lib.importJSON (root + "/topology.json");
  testsOf = import ./tests.nix { inherit lib root self; };

  perSystem =
    lib.genAttrs
      [
        "x86_64-linux"
        "aarch64-linux"
      ]
      (
        system:
        let
          pkgs = nixpkgs.legacyPackages.${system};
          packages = import ./packages { inherit pkgs root; };
          vm = import ./vm-tests.nix {
            inherit
              lib
              pkgs
              root
              topology
              testsOf
              ;
            packages = platform.packages.${system} or { };
          };
        in
        {
          inherit packages;
          inherit (vm) runs gates;
          checks =
            vm.gates
            // import ./checks {
              inherit
                pkgs
                lib
                root
                packages
                self
                ;
            };
          apps = import ./apps.nix { inherit pkgs packages vm; };
          devShells.default = import ./dev-shell.nix { inherit lib pkgs; };
          # Called without arguments, which the formatter itself would take as an order to read its input.
          formatter = pkgs.nixfmt-tree or (import ./format-tree.nix { inherit pkgs; });
          legacyPackages = { inherit (vm) withoutKvm; };
        }
      );
  each = name: lib.mapAttrs (_: outputs: outputs.${name}) perSystem;
in
{
  lib = import ./lib.nix { inherit lib root self; };
  nixosModules = import ./modules.nix { inherit lib root self; };
  nixosConfigurations = import ./examples.nix {
    inherit
      lib
      nixpkgs
      root
      self
      ;
  };
  packages = each "packages";
  legacyPackages = each "legacyPackages";
  checks = each "checks";
  apps = each "apps";
  devShells = each "devShells";
  formatter = each "formatter";
  hydraJobs = import ./hydra.nix { inherit lib perSystem; };
}
