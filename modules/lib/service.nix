# The unit of a component, from its environment, its credentials and the adapter options of `cfg`.
{
  lib,
  pkgs,
  utils,
}:
{
  # The unit's name, which is the component's name for the fault daemon too.
  name,
  description,
  cfg,
  program ? name,
  environment,
  # Files by the name that they have for the service.
  credentials ? { },
  # The address and the port that tell readiness when the program does not.
  listen,
  path ? [ ],
  serviceConfig ? { },
}:
let
  secrets = lib.filterAttrs (_: file: file != null) credentials // cfg.credentials;
  command = if cfg.command != null then cfg.command else [ "${cfg.package}/bin/${program}" ];
  present = lib.filterAttrs (_: value: value != null);
  folder = pkgs.linkFarm "${name}-files" (
    lib.mapAttrsToList (file: contents: {
      name = file;
      path = pkgs.writeText (lib.strings.sanitizeDerivationName file) contents;
    }) cfg.files
  );
  loopback = {
    "0.0.0.0" = "127.0.0.1";
    "::" = "::1";
  };
  address = loopback.${listen.address} or listen.address;
  awaitPort = pkgs.writeShellScript "await-${name}" ''
    until (exec 3<>/dev/tcp/${address}/${toString listen.port}) 2>/dev/null; do sleep 0.1; done
  '';
in
{
  systemd.services.${name} = {
    inherit description path;
    wantedBy = [ "multi-user.target" ];
    wants = [ "network-online.target" ];
    after = [ "network-online.target" ];
    environment = present (environment // cfg.environment);
    # A component that waits for another, such as a store that is still starting, is not given up.
    unitConfig.StartLimitIntervalSec = 0;
    serviceConfig = {
      Type = if cfg.readiness == "notify" then "notify" else "exec";
      # Quoted as systemd reads it: `%` and `$` reach the program, which gets folders by its environment.
      ExecStart = utils.escapeSystemdExecArgs (command ++ cfg.extraArgs);
      LoadCredential = lib.mapAttrsToList (secret: file: "${secret}:${file}") secrets;
      Restart = "on-failure";
      RestartSec = 1;
      TimeoutStartSec = 120;
      TimeoutStopSec = 10;
    }
    // lib.optionalAttrs (cfg.readiness == "port") { ExecStartPost = "${awaitPort}"; }
    // lib.optionalAttrs (cfg.files != { }) { WorkingDirectory = "${folder}"; }
    // serviceConfig;
  };
}
