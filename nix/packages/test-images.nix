# The images that test workloads run, as archives for `docker load`: `web` serves HTTP on port 80, `worker` has a shell.
{
  lib,
  dockerTools,
  busybox,
  runCommand,
  topology ? lib.importJSON ../../topology.json,
}:
let
  # Split at the last colon, for a registry's address may have one too.
  parts = reference: builtins.match "(.*):([^:/]+)" reference;

  # busybox under the names of all its tools, at the places where programs expect them.
  tools = runCommand "test-image-tools" { } ''
    mkdir -p $out/bin $out/etc $out/www
    for tool in $(${busybox}/bin/busybox --list); do
      ln -s ${busybox}/bin/busybox $out/bin/$tool
    done
    echo 'root:x:0:0:root:/root:/bin/sh' > $out/etc/passwd
    echo 'root:x:0:' > $out/etc/group
    echo 'persys test page' > $out/www/index.html
  '';

  image =
    reference: command:
    let
      named = parts reference;
    in
    dockerTools.buildImage {
      name = if named == null then reference else lib.elemAt named 0;
      tag = if named == null then "latest" else lib.elemAt named 1;
      copyToRoot = tools;
      extraCommands = ''
        mkdir -p root tmp var
        chmod 1777 tmp
      '';
      config = {
        Cmd = command;
        Env = [ "PATH=/bin" ];
      };
    };

  images = {
    web = image topology.images.web [
      "httpd"
      "-f"
      "-p"
      "80"
      "-h"
      "/www"
    ];
    worker = image topology.images.worker [ "sh" ];
  };
in
runCommand "test-images" { passthru = images; } ''
  mkdir $out
  ln -s ${images.web} $out/web.tar.gz
  ln -s ${images.worker} $out/worker.tar.gz
''
