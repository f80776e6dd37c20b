# The modules without machines: what they make of options, and that mistakes are errors.
{
  pkgs,
  lib,
  self,
}:
let
  evaluate =
    configuration:
    (import (pkgs.path + "/nixos/lib/eval-config.nix") {
      inherit lib;
      system = null;
      modules = [
        self.nixosModules.default
        # Twice, as somebody might who imports a component beside all.
        self.nixosModules.gateway
        {
          nixpkgs.pkgs = pkgs;
          networking.hostName = "machine";
          system.stateVersion = lib.trivial.release;
        }
        configuration
      ];
    }).config;

  tls = name: {
    cert = "/run/secrets/${name}.crt";
    key = "/run/secrets/${name}.key";
    ca = "/run/secrets/ca.crt";
  };
  gateway = {
    enable = true;
    tls = tls "gateway";
    discovery.nameServer = "10.0.0.4";
  };
  prow = {
    enable = true;
    tls = tls "prow";
    etcd = {
      endpoints = [ "https://10.0.0.5:2379" ];
    }
    // tls "etcd-client";
    advertiseAddress = "10.0.0.3";
    agentSecretFile = "/run/secrets/agent-secret";
  };
  agent = {
    enable = true;
    schedulers = [ "http://10.0.0.3:8084" ];
    nodeAddress = "10.0.0.6";
    agentSecretFile = "/run/secrets/agent-secret";
  };
  unit = configuration: name: (evaluate configuration).systemd.services.${name};
  persys = services: { services.persys = services; };
  engineOf = pkgs: import ../../modules/lib/docker.nix { inherit lib pkgs; };

  # Each is true, or there is a defect.
  holds = {
    "timings are in the environment as the contract names them" =
      (unit (persys {
        gateway = gateway // {
          timings.requestTimeout = 2.5;
        };
      }) "api-gateway").environment.REQUEST_TIMEOUT == "2.5";
    "a timing that is not set is left to the program" =
      !(unit (persys { inherit gateway; }) "api-gateway").environment ? REQUEST_TIMEOUT;
    "secrets come by LoadCredential" =
      lib.elem "agent-secret:/run/secrets/agent-secret"
        (unit (persys { inherit prow; }) "prow-scheduler").serviceConfig.LoadCredential;
    "the command can be another" =
      (unit (persys {
        gateway = gateway // {
          command = [ "/bin/gateway" ];
          extraArgs = [ "--port 1" ];
        };
      }) "api-gateway").serviceConfig.ExecStart == ''"/bin/gateway" "--port 1"'';
    "arguments reach the program as they are written" =
      (unit (persys {
        gateway = gateway // {
          command = [
            "/bin/sh"
            "-c"
            "echo \"$HOME\" it's 100%"
          ];
        };
      }) "api-gateway").serviceConfig.ExecStart == ''"/bin/sh" "-c" "echo \"$$HOME\" it's 100%%"'';
    "a variable can be taken away" =
      !(unit (persys {
        gateway = gateway // {
          environment.LISTEN_PLAIN = null;
        };
      }) "api-gateway").environment
        ? LISTEN_PLAIN;
    "a program that tells nothing is ready with its port" =
      let
        service =
          (unit (persys {
            gateway = gateway // {
              readiness = "port";
            };
          }) "api-gateway").serviceConfig;
      in
      service.Type == "exec" && service ? ExecStartPost;
    "an address of IPv6 is apart from its port" =
      let
        everywhere = persys {
          gateway = gateway // {
            listen.address = "::";
            plain.address = "fd00::20";
          };
          prow = prow // {
            listen.address = "fd00::31";
            advertiseAddress = "fd00::31";
          };
          agent = agent // {
            listen.address = "::1";
          };
        };
      in
      (unit everywhere "api-gateway").environment.LISTEN_TLS == "[::]:8551"
      && (unit everywhere "api-gateway").environment.LISTEN_PLAIN == "[fd00::20]:8085"
      && (unit everywhere "prow-scheduler").environment.LISTEN_TLS == "[fd00::31]:8085"
      && (unit everywhere "persys-agent").environment.LISTEN == "[::1]:8080";
    "who listens everywhere has to say where it is found" =
      let
        refusal =
          address:
          lib.any (lib.hasInfix "advertiseAddress must be set when listen.address is ${address}") (
            failed (persys {
              prow = removeAttrs prow [ "advertiseAddress" ] // {
                listen = { inherit address; };
              };
            })
          );
      in
      refusal "0.0.0.0" && refusal "::" && !refusal "10.0.0.3";
    "files are in the working directory" =
      (unit (persys {
        gateway = gateway // {
          files."config.toml" = "a = 1";
        };
      }) "api-gateway").serviceConfig
        ? WorkingDirectory;
    "the firewall stays closed unless asked" =
      (evaluate (persys {
        inherit gateway;
      })).networking.firewall.allowedTCPPorts == [ ];
    "the firewall is opened by option" =
      (evaluate (persys {
        gateway = gateway // {
          openFirewall = true;
        };
      })).networking.firewall.allowedTCPPorts == [ 8551 ];
    "what asks nobody who they are is opened by an option of its own" =
      (evaluate (persys {
        gateway = gateway // {
          plain.openFirewall = true;
        };
      })).networking.firewall.allowedTCPPorts == [ 8085 ];
    "a port below 1024 keeps the right to it" =
      (unit (persys {
        gateway = gateway // {
          listen.port = 443;
        };
      }) "api-gateway").serviceConfig.CapabilityBoundingSet == [ "CAP_NET_BIND_SERVICE" ];
    "components wait for the machine's credentials" =
      let
        credentials = unit (persys {
          inherit gateway;
          pki.machine = {
            enable = true;
            source = "/mnt/credentials";
          };
        }) "persys-credentials";
      in
      credentials.requiredBy == [ "api-gateway.service" ] && credentials.before == credentials.requiredBy;
    "labels are one list" =
      (unit {
        services.persys.agent = agent // {
          labels = {
            zone = "a";
            disk = "ssd";
          };
        };
        virtualisation.docker.enable = true;
      } "persys-agent").environment.NODE_LABELS == "disk=ssd,zone=a";
    "an engine that nixpkgs refuses is not taken" =
      let
        versions = version: {
          docker = { inherit version; };
          docker_29.version = "29.4.3";
        };
        taken = version: (engineOf (versions version)).version;
      in
      taken "28.5.2" == "29.4.3" && taken "29.4.3" == "29.4.3" && taken "30.0.1" == "30.0.1";
    "the agent's engine is that one, and can be another" =
      let
        engine =
          package:
          (evaluate {
            services.persys = { inherit agent; };
            virtualisation.docker = {
              enable = true;
            }
            // package;
          }).virtualisation.docker.package;
      in
      engine { } == engineOf pkgs && engine { package = pkgs.hello; } == pkgs.hello;
    "the engine can be another, of another group" =
      let
        podman = {
          services.persys.agent = agent // {
            dockerHost = "unix:///run/podman/podman.sock";
            dockerGroup = "podman";
          };
          services.persys.faultd = {
            enable = true;
            topology = "/etc/topology.json";
            tls = tls "faultd";
          };
          users.groups.podman = { };
        };
        whole = evaluate podman;
      in
      failed podman == [ ]
      && (unit podman "persys-agent").serviceConfig.SupplementaryGroups == [ "podman" ]
      && whole.users.users.persys-agent.extraGroups == [ "podman" ]
      && (unit podman "persys-faultd").environment.DOCKER_HOST == "unix:///run/podman/podman.sock";
    "a group that nobody makes is refused" = lib.any (lib.hasInfix "there is no group podman") (
      failed (persys {
        agent = agent // {
          dockerHost = "unix:///run/podman/podman.sock";
          dockerGroup = "podman";
        };
      })
    );
    "all of them evaluate without a mistake" = evaluates {
      services.persys = { inherit gateway prow agent; };
      virtualisation.docker.enable = true;
    };
    "nothing fails an assertion" = failed { services.persys = { inherit gateway prow; }; } == [ ];
    "the store's files are demanded with TLS" = lib.any (lib.hasInfix "etcd: cert, key and ca") (
      failed (persys {
        prow = prow // {
          etcd.endpoints = [ "https://10.0.0.5:2379" ];
        };
      })
    );
    "an agent without an engine is refused" = lib.any (lib.hasInfix "virtualisation.docker.enable") (
      failed (persys {
        inherit agent;
      })
    );
  };
  failed =
    configuration:
    map (assertion: assertion.message) (
      lib.filter (
        assertion: !assertion.assertion && lib.hasInfix "services.persys" assertion.message
      ) (evaluate configuration).assertions
    );

  # None of these evaluates.
  refused = {
    "a misspelt option" = persys {
      gateway = gateway // {
        lisen.port = 1;
      };
    };
    "a misspelt component" = persys { gatway = gateway; };
    "a port as text" = persys {
      gateway = gateway // {
        listen.port = "8551";
      };
    };
    "a port beyond all" = persys {
      gateway = gateway // {
        listen.port = 65536;
      };
    };
    "a secret in the store" = persys {
      gateway = gateway // {
        tls = tls "gateway" // {
          key = ./modules.nix;
        };
      };
    };
    "a secret by a relative path" = persys {
      gateway = gateway // {
        tls = tls "gateway" // {
          key = "key.pem";
        };
      };
    };
    "no time at all" = persys {
      gateway = gateway // {
        timings.requestTimeout = 0;
      };
    };
    "an unknown way of readiness" = persys {
      gateway = gateway // {
        readiness = "soon";
      };
    };
    "an address in brackets of its own" = persys {
      gateway = gateway // {
        listen.address = "[::]";
      };
    };
    "a name server by name" = persys {
      gateway = gateway // {
        discovery.nameServer = "dns.example";
      };
    };
    "an endpoint without a scheme" = persys {
      prow = prow // {
        etcd.endpoints = [ "10.0.0.5:2379" ];
      };
    };
    "a label with a comma" = persys {
      agent = agent // {
        labels.zone = "a,b";
      };
    };
    "no certificate" = persys { gateway = removeAttrs gateway [ "tls" ]; };
  };
  evaluates =
    configuration:
    let
      services = (evaluate configuration).systemd.services;
      part = lib.getAttrs (lib.filter (name: services ? ${name}) [
        "api-gateway"
        "prow-scheduler"
        "persys-agent"
      ]) services;
      texts = lib.mapAttrs (_: service: {
        inherit (service) environment;
        inherit (service.serviceConfig) LoadCredential Type;
      }) part;
    in
    (builtins.tryEval (builtins.deepSeq texts true)).success;

  defects =
    map (name: "not so: ${name}") (lib.attrNames (lib.filterAttrs (_: is: !is) holds))
    ++ map (name: "not refused: ${name}") (lib.attrNames (lib.filterAttrs (_: evaluates) refused));
in
if defects == [ ] then
  pkgs.runCommand "persys-e2e-modules" { }
    "echo ${toString (lib.length (lib.attrNames (holds // refused)))} cases > $out"
else
  throw "the modules: ${lib.concatStringsSep "; " defects}"
