//! The daemon's process.

use std::{
    os::unix::{net::UnixDatagram, process::ExitStatusExt},
    path::Path,
    process::{Child, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::network::Network;

/// A running daemon; killed when dropped.
pub struct Daemon {
    child: Child,
}

impl Daemon {
    /// Starts it on the machine and waits until it has told that it is ready.
    pub async fn start(network: &Network, folder: &Path) -> Self {
        let socket = folder.join("notify.sock");
        let _ = std::fs::remove_file(&socket);
        let notify = UnixDatagram::bind(&socket).unwrap();
        notify.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(folder.join("faultd.log"))
            .unwrap();
        let child = network
            .command(env!("CARGO_BIN_EXE_persys-faultd"))
            .env("BACKEND", "lab")
            .env("MACHINE", "etcd")
            .env("TOPOLOGY", folder.join("topology.json"))
            .env("SUPERVISOR", folder.join("supervisor.sock"))
            .env("STATE", folder.join("state"))
            .env("LOG_DIR", folder)
            .env("FILL_ROOTS", folder)
            .env("DOCKER_HOST", format!("unix://{}", folder.join("docker.sock").display()))
            .env("NOTIFY_SOCKET", &socket)
            .stdin(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let told = tokio::task::spawn_blocking(move || {
            let mut buffer = [0; 64];
            let count = notify.recv(&mut buffer);
            count.map(|count| String::from_utf8_lossy(&buffer[..count]).into_owned())
        });
        match told.await.unwrap() {
            Ok(text) => assert!(text.contains("READY=1"), "{text}"),
            Err(error) => {
                let log = std::fs::read_to_string(folder.join("faultd.log")).unwrap();
                panic!("the daemon did not get ready: {error}\n{log}");
            }
        }
        Self { child }
    }

    pub fn pid(&self) -> i32 {
        self.child.id().try_into().unwrap()
    }

    /// As by `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        let status = self.child.wait().unwrap();
        assert_eq!(status.signal(), Some(9));
    }

    /// As a supervisor ends it. Tells how long that took.
    pub fn terminate(mut self) -> (ExitStatus, Duration) {
        let begun = Instant::now();
        kill(Pid::from_raw(self.pid()), Signal::SIGTERM).unwrap();
        (self.child.wait().unwrap(), begun.elapsed())
    }

    /// Waits for its end.
    pub fn wait(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
