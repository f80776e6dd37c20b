//! The credentials of every machine of a topology: one folder each, holding
//! what that machine needs and nothing else.

use std::{
    collections::BTreeMap,
    fs, io,
    net::IpAddr,
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::Path,
};

use persys_contract::{
    Role,
    topology::{Machine, MachineRole, Topology},
};

use crate::{Authority, AuthorityError, CertificateSpec, authority::write_private};

/// The secret files, and whose machines have them. The client's machine has all,
/// for the verifier looks for them where they must not be.
const SECRETS: [(&str, &[MachineRole]); 5] = [
    // Signs what schedulers and agents tell each other.
    ("agent-secret", &[MachineRole::Scheduler, MachineRole::Agent, MachineRole::Client]),
    // The gateway's as an OAuth app.
    ("github-client-secret", &[MachineRole::Gateway, MachineRole::Github, MachineRole::Client]),
    // Signs webhooks.
    ("github-webhook-secret", &[MachineRole::Gateway, MachineRole::Github, MachineRole::Client]),
    // Signs the tokens that the gateway hands out.
    ("jwt-key", &[MachineRole::Gateway, MachineRole::Client]),
    // Opens the tests' interface of GitHub's stand-in.
    ("github-admin-token", &[MachineRole::Github, MachineRole::Client]),
];

/// Makes an authority and writes `<out>/<machine>/…` for each machine. `ca.key`
/// is on client machines alone, where the verifier makes unfit certificates.
pub fn write_credentials(topology: &Topology, out: &Path) -> Result<(), AuthorityError> {
    let authority = Authority::create()?;
    let mut secrets = BTreeMap::new();
    for (file, _) in SECRETS {
        secrets.insert(file, random_secret()?);
    }
    for (name, machine) in &topology.machines {
        let folder = out.join(name);
        create_private(&folder)?;
        authority.write_certificate(&folder)?;
        for spec in certificates(topology, name, machine) {
            authority.issue(&spec)?.write(&folder)?;
        }
        if machine.has(MachineRole::Client) {
            authority.write(&folder)?;
        }
        for (file, roles) in SECRETS {
            if roles.iter().any(|&role| machine.has(role)) {
                write_private(&folder.join(file), &secrets[file])?;
            }
        }
    }
    Ok(())
}

/// What the certificates of one machine say.
fn certificates(topology: &Topology, name: &str, machine: &Machine) -> Vec<CertificateSpec> {
    let server = |file: &str| {
        CertificateSpec::server(file)
            .with_dns(name)
            .with_dns(format!("{name}.{}", topology.domain))
            .with_ip(IpAddr::V4(machine.address))
    };
    let mut specs = vec![server("faultd")];
    for role in &machine.roles {
        match role {
            MachineRole::Client => specs.extend(
                [Role::Client, Role::Operator, Role::Chaos, Role::EtcdClient]
                    .map(CertificateSpec::client),
            ),
            MachineRole::Gateway => specs.push(server("api-gateway").with_role(Role::Gateway)),
            MachineRole::Scheduler => {
                specs.push(server("prow-scheduler").with_role(Role::Prow));
                specs.push(CertificateSpec::client(Role::EtcdClient));
            }
            MachineRole::Dns => specs.push(CertificateSpec::client(Role::EtcdClient)),
            // etcd's own JSON gateway calls it with the server's certificate.
            MachineRole::Etcd => specs.push(CertificateSpec { client: true, ..server("etcd") }),
            MachineRole::Agent => specs.push(server("docker")),
            MachineRole::Github => {
                specs.push(server("github"));
                // The gateway takes webhooks from clients alone.
                specs.push(CertificateSpec::client(Role::Client).named("webhook"));
            }
        }
    }
    specs
}

/// 32 bytes of the system's randomness as 64 hexadecimal digits.
fn random_secret() -> Result<String, AuthorityError> {
    let mut bytes = [0; 32];
    rustls::crypto::ring::default_provider().secure_random.fill(&mut bytes).map_err(|_| {
        AuthorityError::File {
            path: "/dev/urandom".into(),
            problem: io::Error::other("the system gave no random bytes"),
        }
    })?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn create_private(folder: &Path) -> Result<(), AuthorityError> {
    let file = |problem| AuthorityError::File { path: folder.to_owned(), problem };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(file)?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).map_err(file)
}
