//! What the known work takes.

/// One round of the known work, in milliseconds each.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// SHA-512 over [`Sample::DIGEST_MIB`] MiB: plain computing.
    pub digest_ms: f64,
    /// [`Sample::HANDSHAKES`] handshakes of mutual TLS in memory: what every
    /// request of the platform begins with.
    pub handshakes_ms: f64,
    /// [`Sample::PROCESSES`] starts of a shell that does nothing: the kernel's
    /// part, which emulation makes slow out of proportion.
    pub processes_ms: f64,
}

impl Sample {
    pub const DIGEST_MIB: usize = 16;
    pub const HANDSHAKES: usize = 20;
    pub const PROCESSES: usize = 20;

    /// Medians of a release build on a virtual machine with two processors (x86_64,
    /// KVM) that was busy with other work, rounded up: ordinary hardware on an
    /// ordinary day. A debug build takes six times as long for its handshakes.
    pub const REFERENCE: Self = Self { digest_ms: 40.0, handshakes_ms: 12.0, processes_ms: 40.0 };

    /// The median of each part.
    pub fn median(samples: &[Self]) -> Self {
        let middle = |part: fn(&Self) -> f64| {
            let mut all: Vec<f64> = samples.iter().map(part).collect();
            all.sort_by(f64::total_cmp);
            all.get(all.len() / 2).copied().unwrap_or_default()
        };
        Self {
            digest_ms: middle(|sample| sample.digest_ms),
            handshakes_ms: middle(|sample| sample.handshakes_ms),
            processes_ms: middle(|sample| sample.processes_ms),
        }
    }
}
