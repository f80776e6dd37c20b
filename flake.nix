{
  description = "Proves that a Persys platform works, end to end, on real machines";

  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";

    # What is tested: any flake that exports the packages `api-gateway`, `prow-scheduler`, `persys-agent` and
    # `persys-cli`. Empty: this one. `--override-input platform git+file:///path/to/it` names another.
    platform.follows = "";
  };

  outputs =
    {
      self,
      nixpkgs,
      platform,
    }:
    import ./nix/outputs.nix { inherit self nixpkgs platform; };
}
