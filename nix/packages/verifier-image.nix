# The verifier as a container image, for platforms that run in Docker Compose or Kubernetes.
{
  dockerTools,
  persys-verifier,
  persys-cli,
}:
dockerTools.buildLayeredImage {
  name = "persys-verifier";
  tag = persys-verifier.version;
  contents = [
    persys-verifier
    persys-cli
    dockerTools.caCertificates
  ];
  extraCommands = ''
    mkdir -p tmp results
    chmod 1777 tmp
  '';
  config = {
    Entrypoint = [ "${persys-verifier}/bin/persys-verifier" ];
    Cmd = [ "list" ];
    Env = [
      "PATH=/bin"
      "PERSYS_CLI=${persys-cli}/bin/persys-cli"
      # Mounted by whoever runs it, with the credentials at the place that it names.
      "PERSYS_TOPOLOGY=/etc/persys/topology.json"
    ];
    WorkingDir = "/";
    Volumes."/results" = { };
  };
}
