{
  description = "A platform, proved end to end";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";
  inputs.suite.url = "git+https://git.example.org/persys-e2e";
  inputs.suite.inputs.nixpkgs.follows = "nixpkgs";

  outputs =
    {
      self,
      nixpkgs,
      suite,
    }:
    let
      system = "x86_64-linux";
      pkgs = nixpkgs.legacyPackages.${system};
      packages = {
        api-gateway = pkgs.callPackage ./nix/api-gateway.nix { };
        prow-scheduler = pkgs.callPackage ./nix/prow-scheduler.nix { };
        persys-agent = pkgs.callPackage ./nix/persys-agent.nix { };
        persys-cli = pkgs.callPackage ./nix/persys-cli.nix { };
      };
      topology = nixpkgs.lib.importJSON ./topology.json;
    in
    {
      packages.${system} = packages;
      checks.${system} = suite.lib.mkChecks { inherit pkgs packages topology; };
    };
}
