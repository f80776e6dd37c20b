# The example configurations, booted as they stand: a node registers, and a user sees it through the gateway.
{
  lib,
  testers,
  root,
  self,
}:
let
  machine = name: file: address: {
    imports = [
      self.nixosModules.default
      file
    ];
    networking = {
      interfaces.eth1.ipv4.addresses = lib.mkForce [
        {
          inherit address;
          prefixLength = 24;
        }
      ];
      primaryIPAddress = lib.mkForce address;
    };
    # The files that the examples leave to a tool of the reader's.
    services.persys.pki = {
      topology = root + "/examples/topology.json";
      authority = {
        enable = name == "control";
        folder = "/tmp/shared/credentials";
      };
      machine = {
        enable = true;
        source = "/tmp/shared/credentials";
        folder = "/var/lib/secrets";
        requiredBy = lib.optionals (name == "control") [
          "etcd.service"
          "coredns.service"
        ];
      };
    };
    virtualisation.memorySize = 1024;
    virtualisation.diskSize = 4096;
    virtualisation.vlans = [ 1 ];
  };
in
testers.runNixOSTest {
  name = "persys-example";
  nodes = {
    control =
      { ... }:
      {
        imports = [ (machine "control" (root + "/examples/control-plane.nix") "10.0.0.1") ];
        programs.persys-cli = {
          enable = true;
          gateway = "https://10.0.0.1:8551";
          cert = "/var/lib/secrets/client.crt";
          key = "/var/lib/secrets/client.key";
          ca = "/var/lib/secrets/ca.crt";
        };
      };
    node = machine "node" (root + "/examples/node.nix") "10.0.0.2";
  };
  testScript = ''
    import json

    start_all()
    control.wait_for_unit("prow-scheduler.service")
    control.wait_for_unit("api-gateway.service")
    node.wait_for_unit("persys-agent.service")

    def node_is_active(_: bool) -> bool:
        status, said = control.execute("bash -lc 'persys-cli --output json node list'")
        if status != 0:
            return False
        nodes = json.loads(said)["nodes"]
        seen = [(node["nodeId"], node["ipAddress"], node["status"], node["labels"]) for node in nodes]
        print(seen)
        return seen == [("node", "10.0.0.2", "active", {"disk": "ssd"})]

    with subtest("a user sees the node"):
        retry(node_is_active, 120)

    with subtest("without a certificate nobody is let in"):
        ask = "curl --max-time 10 --silent --show-error --fail --cacert /var/lib/secrets/ca.crt"
        own = "--cert /var/lib/secrets/client.crt --key /var/lib/secrets/client.key"
        control.succeed(f"{ask} {own} https://10.0.0.1:8551/health")
        status, said = control.execute(f"{ask} https://10.0.0.1:8551/health 2>&1")
        assert status != 0 and "certificate required" in said, (status, said)

    with subtest("the units are hardened"):
        for machine, unit in [
            (control, "api-gateway"),
            (control, "prow-scheduler"),
            (control, "persys-authority"),
            (control, "persys-credentials"),
            (node, "persys-agent"),
        ]:
            exposure = machine.succeed(f"systemd-analyze security --no-pager {unit}.service | tail -n 1")
            print(exposure)
            rating = float(exposure.split("service:")[1].split()[0])
            assert rating <= 2.0, exposure
  '';
}
