# Three members of etcd, of which one may be lost.
{ lib }:
{
  topology =
    usual:
    lib.recursiveUpdate usual {
      name = "${usual.name}-ha";
      machines = {
        etcd2 = {
          address = "10.77.0.51";
          roles = [ "etcd" ];
        };
        etcd3 = {
          address = "10.77.0.52";
          roles = [ "etcd" ];
        };
      };
    };
  modules = _: { };
}
