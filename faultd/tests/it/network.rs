//! Two machines on a wire: the test itself, and the one that the daemon runs on.

use std::{
    fs::File,
    net::{Ipv4Addr, SocketAddr},
    os::fd::AsRawFd,
    process::Command,
    time::Duration,
};

use nix::sched::{CloneFlags, setns, unshare};
use tokio::{net::UdpSocket, time::timeout};

/// The machine of the daemon.
pub const MACHINE: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 50);
/// The test, as the topology's client, and once more as one of its schedulers.
pub const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 10);
pub const PROW1: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 31);

/// How long a packet on the wire may take. What has not come by then was dropped.
const ON_THE_WAY: Duration = Duration::from_millis(300);

/// The network namespace of the daemon's machine.
pub struct Network {
    machine: File,
}

impl Network {
    pub fn new() -> Self {
        let thread = std::thread::spawn(|| {
            unshare(CloneFlags::CLONE_NEWNET).unwrap();
            File::open("/proc/thread-self/ns/net").unwrap()
        });
        let network = Self { machine: thread.join().unwrap() };
        sh("ip link set lo up && ip link add wire type veth peer name eth0");
        sh(&format!("ip addr add {CLIENT}/24 dev wire && ip addr add {PROW1}/24 dev wire"));
        // `ip` finds the namespace by the descriptor of this process.
        sh(&format!("ip link set eth0 netns {}", network.path()));
        sh("ip link set wire up");
        network.run("ip link set lo up && ip link set eth0 up");
        network.run(&format!("ip addr add {MACHINE}/24 dev eth0"));
        network
    }

    pub fn path(&self) -> String {
        format!("/proc/{}/fd/{}", std::process::id(), self.machine.as_raw_fd())
    }

    /// A command that is to run on the machine.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.arg(format!("--net={}", self.path())).arg("--").arg(program);
        command
    }

    /// What a shell prints on the machine.
    pub fn run(&self, script: &str) -> String {
        let output = self.command("sh").args(["-ec", script]).output().unwrap();
        assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// A socket on the machine.
    pub fn socket(&self) -> UdpSocket {
        let namespace = self.machine.try_clone().unwrap();
        let thread = std::thread::spawn(move || {
            setns(namespace, CloneFlags::CLONE_NEWNET).unwrap();
            std::net::UdpSocket::bind((MACHINE, 0)).unwrap()
        });
        let socket = thread.join().unwrap();
        socket.set_nonblocking(true).unwrap();
        UdpSocket::from_std(socket).unwrap()
    }
}

fn sh(script: &str) {
    let output = Command::new("sh").args(["-ec", script]).output().unwrap();
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A pair of sockets, one on each end of the wire.
pub struct Wire {
    here: UdpSocket,
    there: UdpSocket,
}

impl Wire {
    pub async fn between(network: &Network, here: Ipv4Addr) -> Self {
        Self { here: UdpSocket::bind((here, 0)).await.unwrap(), there: network.socket() }
    }

    /// Whether a datagram of ours arrives on the machine.
    pub async fn reaches_machine(&self) -> bool {
        arrives(&self.here, &self.there).await
    }

    /// Whether a datagram of the machine arrives here.
    pub async fn hears_machine(&self) -> bool {
        arrives(&self.there, &self.here).await
    }

    /// How many of a hundred datagrams of ours arrive on the machine.
    pub async fn of_a_hundred(&self) -> u32 {
        let address = self.there.local_addr().unwrap();
        for _ in 0..100 {
            self.here.send_to(b"hello", address).await.unwrap();
        }
        let mut arrived = 0;
        while timeout(ON_THE_WAY, self.there.recv_from(&mut [0; 16])).await.is_ok() {
            arrived += 1;
        }
        arrived
    }

    pub async fn both(&self) -> (bool, bool) {
        (self.reaches_machine().await, self.hears_machine().await)
    }
}

async fn arrives(from: &UdpSocket, to: &UdpSocket) -> bool {
    let address: SocketAddr = to.local_addr().unwrap();
    // A sender must not be told: on a broken link nobody is.
    from.send_to(b"hello", address).await.expect("the sender was told");
    let mut buffer = [0; 16];
    timeout(ON_THE_WAY, to.recv_from(&mut buffer)).await.is_ok()
}
