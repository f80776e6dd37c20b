# Every component.
{
  imports = [
    ./agent.nix
    ./cli.nix
    ./faultd.nix
    ./gateway.nix
    ./github.nix
    ./pki.nix
    ./prow.nix
  ];
}
