# The examples as machines, so that they evaluate and build like those of their readers.
{
  lib,
  nixpkgs,
  root,
  self,
}:
let
  machine =
    file:
    lib.nixosSystem {
      modules = [
        self.nixosModules.default
        file
        {
          nixpkgs.hostPlatform = "x86_64-linux";
          # What the hardware of the reader says.
          fileSystems."/" = {
            device = "/dev/disk/by-label/nixos";
            fsType = "ext4";
          };
          boot.loader.grub.enable = false;
          documentation.enable = false;
          system.stateVersion = lib.trivial.release;
        }
      ];
    };
in
{
  control-plane = machine (root + "/examples/control-plane.nix");
  node = machine (root + "/examples/node.nix");
}
