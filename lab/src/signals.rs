//! The signals that ask this process to end, and whether the terminal sent them:
//! then everybody in front of it got them too.

use std::{io, thread};

use nix::{
    errno::Errno,
    sys::{
        signal::{SigSet, Signal},
        signalfd::{SfdFlags, SignalFd},
    },
};
use tokio::sync::{Mutex, mpsc};

/// `si_code` of signals that the kernel sends, as it does for a terminal.
const FROM_KERNEL: i32 = 0x80;

const ENDING: [Signal; 4] = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interrupt {
    pub from_terminal: bool,
}

pub struct Signals {
    interrupts: Mutex<mpsc::Receiver<Interrupt>>,
}

/// What the parent blocked is not for this process.
pub fn unblock_all() {
    // Fails only for a wrong argument.
    let _ = SigSet::empty().thread_set_mask();
}

impl Signals {
    /// Must be called on the main thread before there are others. Children inherit
    /// the mask, so they begin with [`unblock_all`].
    pub fn take() -> io::Result<Self> {
        let mut set = SigSet::empty();
        ENDING.into_iter().for_each(|signal| set.add(signal));
        set.thread_block()?;
        let fd = SignalFd::with_flags(&set, SfdFlags::SFD_CLOEXEC)?;
        let (send, interrupts) = mpsc::channel(8);
        // Reading blocks, so it has a thread, which ends with the process.
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            loop {
                match fd.read_signal() {
                    Ok(Some(signal)) => {
                        let from_terminal = signal.ssi_code == FROM_KERNEL;
                        // More than the channel holds say nothing new.
                        let _ = send.try_send(Interrupt { from_terminal });
                    }
                    Ok(None) | Err(Errno::EINTR) => {}
                    Err(_) => return,
                }
            }
        })?;
        Ok(Self { interrupts: Mutex::new(interrupts) })
    }

    /// The next one.
    pub async fn next(&self) -> Interrupt {
        match self.interrupts.lock().await.recv().await {
            Some(interrupt) => interrupt,
            None => std::future::pending().await,
        }
    }
}
