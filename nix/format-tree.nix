# `nix fmt` in older trees, which have no nixfmt-tree: formats the files given, or every Nix file that Git knows.
{ pkgs }:
pkgs.writeShellApplication {
  name = "nixfmt-tree";
  runtimeInputs = [
    pkgs.git
    pkgs.nixfmt
  ];
  text = ''
    if [ $# -gt 0 ]; then
      exec nixfmt "$@"
    fi
    git ls-files -z '*.nix' | xargs -0 nixfmt
  '';
}
