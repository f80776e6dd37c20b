# Options that several components have, described once.
{ lib, pkgs }:
let
  inherit (lib) mkOption types;
  own = import ./types.nix { inherit lib; };
  text = value: lib.literalExpression (builtins.toJSON value);
in
{
  types = own;

  package =
    packages: name:
    mkOption {
      type = types.package;
      default = packages.${name};
      defaultText = lib.literalExpression "persys-e2e.packages.\${system}.${name}";
      description = ''
        The package with `bin/${name}`. Any implementation of the platform's contract fits.
      '';
    };

  listen =
    { port, what }:
    {
      address = mkOption {
        type = own.host;
        default = "0.0.0.0";
        example = "10.77.0.20";
        description = "The address at which ${what} listens; `0.0.0.0` and `::` stand for all.";
      };
      port = mkOption {
        type = types.port;
        default = port;
        description = "The port at which ${what} listens.";
      };
    };

  openFirewall =
    ports:
    mkOption {
      type = types.bool;
      default = false;
      description = "Whether to open ${ports} in the firewall.";
    };

  secret =
    { what, example }:
    mkOption {
      type = own.secretFile;
      inherit example;
      description = ''
        The file with ${what}. systemd reads it as root and hands it to the service alone (`LoadCredential`); it
        never enters the Nix store.
      '';
    };

  optionalSecret =
    { what, example }:
    mkOption {
      type = types.nullOr own.secretFile;
      default = null;
      inherit example;
      description = ''
        The file with ${what}, if there is one. systemd reads it as root and hands it to the service alone
        (`LoadCredential`); it never enters the Nix store.
      '';
    };

  domain = mkOption {
    type = types.strMatching "[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*";
    default = "persys.local";
    description = "The platform's DNS zone.";
  };

  discoveryService = mkOption {
    type = types.str;
    default = "_prow-scheduler";
    description = "The label of the SRV records under which schedulers are found.";
  };

  # By the contract's names, §8; unset ones are left to the program.
  timings =
    lib.genAttrs
      [
        "heartbeatInterval"
        "nodeTimeout"
        "monitorInterval"
        "reconcileInterval"
        "discoveryInterval"
        "requestTimeout"
        "signatureWindow"
      ]
      (
        name:
        mkOption {
          type = types.nullOr own.seconds;
          default = null;
          example = 2;
          description = ''
            Seconds, given to the program as `${
              lib.toUpper (
                lib.concatMapStrings (c: if lib.toUpper c == c then "_${c}" else c) (lib.stringToCharacters name)
              )
            }`; the
            program's own production value if `null`.
          '';
        }
      );

  # How a program of another make is configured.
  adapter = {
    command = mkOption {
      type = types.nullOr (types.listOf types.str);
      default = null;
      example = text [
        "/run/current-system/sw/bin/api-gateway"
        "--serve"
      ];
      description = ''
        The command that starts the service, instead of the package's main program. An absolute path comes first.
      '';
    };
    extraArgs = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = text [
        "--cert"
        "/run/credentials/api-gateway.service/tls-cert"
      ];
      description = ''
        Arguments that are added to the command line, for programs that are configured by flags. They reach the program as
        they are written, `%` and `$` too: name secrets by their path in `/run/credentials/UNIT`.
      '';
    };
    environment = mkOption {
      type = types.attrsOf (types.nullOr types.str);
      default = { };
      example = text {
        SCHEDULER_IP = "10.77.0.31";
        LISTEN_PLAIN = null;
      };
      description = ''
        Environment variables that are added or changed; `null` takes one away. `%d` stands for the folder with the
        service's credentials.
      '';
    };
    files = mkOption {
      type = types.attrsOf types.lines;
      default = { };
      example = lib.literalExpression ''{ "config.toml" = "[tls]\ncert = \"/run/credentials/api-gateway.service/tls-cert\"\n"; }'';
      description = ''
        Files of the service's working directory, for programs that read their configuration there. They are in the
        Nix store: name secrets by their path in `/run/credentials/UNIT`.
      '';
    };
    credentials = mkOption {
      type = types.attrsOf own.secretFile;
      default = { };
      example = text { "tls-chain" = "/run/secrets/chain.pem"; };
      description = "More secret files that the service gets, by the name that they have for it.";
    };
    readiness = mkOption {
      type = types.enum [
        "notify"
        "port"
        "none"
      ];
      default = "notify";
      description = ''
        How the service is known to be ready: it tells systemd (`notify`, as the contract demands), its port accepts
        connections (`port`), or it counts as ready once it is started (`none`).
      '';
    };
    path = mkOption {
      type = types.listOf types.package;
      default = [ ];
      example = lib.literalExpression "[ pkgs.openssh ]";
      description = "Packages whose programs the service needs besides the usual ones.";
    };
  };
}
