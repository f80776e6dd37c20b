//! The known work.

use std::{
    io,
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use persys_contract::Role;
use persys_identity::{
    Authority, AuthorityError, CertificateSpec, CredentialError, Credentials, LoadedCredentials,
};
use rustls::{
    ClientConfig, ClientConnection, ServerConfig, ServerConnection, pki_types::ServerName,
};

use super::{Calibration, Sample};

const ROUNDS: usize = 5;
/// No further round is begun after this.
const LONGEST: Duration = Duration::from_secs(10);
const NAME: &str = "calibration";

/// Why nothing could be measured; follows "failed to measure this machine's speed".
#[derive(Debug, thiserror::Error)]
pub enum CalibrationError {
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    #[error(transparent)]
    Credentials(#[from] CredentialError),
    #[error("make a handshake: {0}")]
    Tls(#[from] rustls::Error),
    #[error("make a handshake: {0}")]
    Io(io::Error),
    #[error("start /bin/sh: {0}")]
    Process(io::Error),
}

/// Does the work, for some seconds at most on a machine that is twenty times slower
/// than the reference.
pub fn calibrate() -> Result<Calibration, CalibrationError> {
    let begun = Instant::now();
    let pair = Pair::new()?;
    let buffer = vec![0x5a_u8; 1 << 20];
    let mut samples = Vec::new();
    while samples.len() < ROUNDS && (samples.is_empty() || begun.elapsed() < LONGEST) {
        samples.push(Sample {
            digest_ms: timed(|| digest(&buffer))?,
            handshakes_ms: timed(|| pair.handshakes())?,
            processes_ms: timed(processes)?,
        });
    }
    Ok(Calibration { measured: Sample::median(&samples) })
}

fn timed(work: impl FnOnce() -> Result<(), CalibrationError>) -> Result<f64, CalibrationError> {
    let begun = Instant::now();
    work()?;
    Ok(begun.elapsed().as_secs_f64() * 1000.0)
}

fn digest(buffer: &[u8]) -> Result<(), CalibrationError> {
    // Compiled with optimisation in every profile, so that a debug build measures the same.
    let mut context = ring::digest::Context::new(&ring::digest::SHA512);
    for _ in 0..Sample::DIGEST_MIB {
        context.update(buffer);
    }
    std::hint::black_box(context.finish());
    Ok(())
}

fn processes() -> Result<(), CalibrationError> {
    for _ in 0..Sample::PROCESSES {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", ":"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        shell.status().map_err(CalibrationError::Process)?;
    }
    Ok(())
}

/// Both ends of a connection that demands a certificate of each.
struct Pair {
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
    name: ServerName<'static>,
}

impl Pair {
    fn new() -> Result<Self, CalibrationError> {
        let authority = Authority::create()?;
        let load = |spec: &CertificateSpec| -> Result<LoadedCredentials, CalibrationError> {
            let issued = authority.issue(spec)?;
            let files = Credentials::in_folder("memory".as_ref(), &issued.name);
            let ca = authority.cert_pem().as_bytes().to_vec();
            let (cert, key) = (issued.cert_pem.into_bytes(), issued.key_pem.into_bytes());
            Ok(LoadedCredentials::from_pem(files, cert, key, ca)?)
        };
        let server = load(&CertificateSpec::server(NAME).with_dns(NAME))?;
        let client = load(&CertificateSpec::client(Role::Client))?;
        Ok(Self {
            client: Arc::new(client.client_config()?),
            server: server.server_config()?,
            name: ServerName::try_from(NAME).map_err(|_| rustls::Error::General(NAME.into()))?,
        })
    }

    fn handshakes(&self) -> Result<(), CalibrationError> {
        for _ in 0..Sample::HANDSHAKES {
            let mut client = ClientConnection::new(self.client.clone(), self.name.clone())?;
            let mut server = ServerConnection::new(self.server.clone())?;
            while client.is_handshaking() || server.is_handshaking() {
                hand_over(|to| client.write_tls(to), |from| server.read_tls(from))?;
                server.process_new_packets()?;
                hand_over(|to| server.write_tls(to), |from| client.read_tls(from))?;
                client.process_new_packets()?;
            }
        }
        Ok(())
    }
}

fn hand_over(
    write: impl FnOnce(&mut dyn io::Write) -> io::Result<usize>,
    mut read: impl FnMut(&mut dyn io::Read) -> io::Result<usize>,
) -> Result<(), CalibrationError> {
    let mut wire = Vec::new();
    write(&mut wire).map_err(CalibrationError::Io)?;
    let mut rest = wire.as_slice();
    while !rest.is_empty() {
        read(&mut rest).map_err(CalibrationError::Io)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_of_the_work_is_done_and_takes_time() {
        let Sample { digest_ms, handshakes_ms, processes_ms } = calibrate().unwrap().measured;
        assert!(digest_ms > 0.0 && handshakes_ms > 0.0 && processes_ms > 0.0);
    }

    #[test]
    fn the_handshakes_show_both_certificates() {
        let pair = Pair::new().unwrap();
        let mut server = ServerConnection::new(pair.server.clone()).unwrap();
        let mut client = ClientConnection::new(pair.client.clone(), pair.name.clone()).unwrap();
        while client.is_handshaking() || server.is_handshaking() {
            hand_over(|to| client.write_tls(to), |from| server.read_tls(from)).unwrap();
            server.process_new_packets().unwrap();
            hand_over(|to| server.write_tls(to), |from| client.read_tls(from)).unwrap();
            client.process_new_packets().unwrap();
        }
        assert_eq!(server.peer_certificates().map(<[_]>::len), Some(1));
        assert_eq!(client.peer_certificates().map(<[_]>::len), Some(1));
    }
}
