# The components of each role, by the names of their units, which are their names for the fault daemon too.
{
  client = [ ];
  gateway = [ "api-gateway" ];
  scheduler = [ "prow-scheduler" ];
  dns = [ "coredns" ];
  etcd = [ "etcd" ];
  agent = [
    "docker"
    "persys-agent"
  ];
  github = [ "github" ];
}
