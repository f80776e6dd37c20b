# The test script with what it has to know in front: the groups with the verifier's options, and the units to wait for.
{
  lib,
  topology,
  groups,
}:
let
  components = import ../components.nix;
  listed = lib.importJSON ../groups.json;
  # What else has to be there before anything is judged.
  besides = {
    client = [ "persys-credentials.service" ];
    agent = [ "persys-test-images.service" ];
  };
  unitsOf = role: map (name: "${name}.service") components.${role} ++ besides.${role} or [ ];
  # Those first that others cannot do without.
  order = lib.unique (
    lib.concatMap (role: lib.attrNames (topology.withRole role)) [
      "client"
      "etcd"
      "dns"
      "scheduler"
      "github"
      "gateway"
      "agent"
    ]
  );
  settings = {
    inherit order;
    client = lib.head (lib.attrNames (topology.withRole "client"));
    # In the order in which groups.json has them.
    groups = map (name: {
      inherit name;
      options = lib.escapeShellArgs groups.${name}.select;
    }) (lib.filter (name: groups ? ${name}) (lib.concatLists (lib.attrValues listed.boots)));
    units = lib.mapAttrs (
      _: machine: [ "persys-faultd.service" ] ++ lib.concatMap unitsOf machine.roles
    ) topology.machines;
  };
in
''
  from typing import Any

  SETTINGS: dict[str, Any] = ${builtins.toJSON settings}

  ${builtins.readFile ./driver.py}
''
