# What the test script calls in the client machine: starting the verifier, and waiting for its orders or its end.
{
  writeShellApplication,
  persys-verifier,
  persys-cli,
  systemd,
  coreutils,
}:
{
  start = writeShellApplication {
    name = "persys-e2e-start";
    runtimeInputs = [
      systemd
      coreutils
    ];
    text = ''
      group=$1
      shift
      mkdir -p /var/lib/persys-e2e /run/persys-host-channel/requests /run/persys-host-channel/answers
      rm -f /run/persys-e2e-ended
      # Outside of the driver's shell, which has to stay free for orders.
      systemd-run --quiet --collect --unit="persys-e2e-$group" \
        --setenv=PATH=${persys-cli}/bin:/run/current-system/sw/bin \
        /bin/sh -c '"$@"; echo "ended with exit code $?" > /run/persys-e2e-ended.new;
          mv /run/persys-e2e-ended.new /run/persys-e2e-ended' sh \
        ${persys-verifier}/bin/persys-verifier run --topology /etc/persys/topology.json "$@"
    '';
  };

  # Prints the orders that nobody has answered yet, one a line, or how the verifier ended.
  await = writeShellApplication {
    name = "persys-e2e-await";
    runtimeInputs = [ coreutils ];
    text = ''
      channel=/run/persys-host-channel
      for _ in $(seq 300); do
        found=
        for request in "$channel"/requests/*.json; do
          if [ -e "$request" ] && [ ! -e "$channel/answers/''${request##*/}" ]; then
            cat "$request"
            echo
            found=1
          fi
        done
        if [ -n "$found" ]; then
          exit
        fi
        if [ -e /run/persys-e2e-ended ]; then
          cat /run/persys-e2e-ended
          exit
        fi
        sleep 0.1
      done
    '';
  };
}
