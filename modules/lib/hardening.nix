# What a service that only talks over the network may not do. `systemd-analyze security` rates it below 2.
{
  # Below 1024, such as 443.
  privilegedPort ? false,
  # /proc of the machine, for its memory, load and disks.
  readsMachine ? false,
}:
let
  capabilities = if privilegedPort then [ "CAP_NET_BIND_SERVICE" ] else [ "" ];
in
{
  AmbientCapabilities = capabilities;
  CapabilityBoundingSet = capabilities;
  LockPersonality = true;
  MemoryDenyWriteExecute = true;
  NoNewPrivileges = true;
  PrivateDevices = true;
  PrivateTmp = true;
  # A privileged port is the machine's, not that of a user namespace.
  PrivateUsers = !privilegedPort;
  ProcSubset = if readsMachine then "all" else "pid";
  ProtectClock = true;
  ProtectControlGroups = true;
  ProtectHome = true;
  ProtectHostname = true;
  ProtectKernelLogs = true;
  ProtectKernelModules = true;
  ProtectKernelTunables = true;
  ProtectProc = if readsMachine then "default" else "invisible";
  ProtectSystem = "strict";
  RemoveIPC = true;
  RestrictAddressFamilies = [
    "AF_INET"
    "AF_INET6"
    "AF_UNIX"
  ];
  RestrictNamespaces = true;
  RestrictRealtime = true;
  RestrictSUIDSGID = true;
  SystemCallArchitectures = "native";
  SystemCallErrorNumber = "EPERM";
  SystemCallFilter = [
    "@system-service"
    "~@privileged @resources"
  ];
  UMask = "0077";
}
