//! What can be asked of the host, and in what words (docs/host-channel.md).

use serde::{Deserialize, Serialize};

/// What only the host of the machines can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HostOrder {
    /// Takes a machine's power away: nothing is written back, nobody is told.
    Crash,
    /// Switches a crashed machine on; one that runs is left alone.
    Start,
    /// Restarts a machine in an orderly way.
    Reboot,
    /// Pulls the machine's network cable.
    Block,
    /// Puts it back; a machine that has it is left alone.
    Unblock,
}

impl HostOrder {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Crash => "crash",
            Self::Start => "start",
            Self::Reboot => "reboot",
            Self::Block => "block",
            Self::Unblock => "unblock",
        }
    }
}

/// `requests/<id>.json`.
#[derive(Debug, Serialize)]
pub(super) struct HostRequest<'a> {
    pub id: u64,
    pub order: HostOrder,
    pub machine: &'a str,
}

/// `answers/<id>.json`.
#[derive(Debug, PartialEq, Eq, Deserialize)]
struct HostAnswer {
    id: u64,
    ok: bool,
    #[serde(default)]
    error: Option<String>,
}

/// Whether the host says that it has carried out a request, or else why not.
pub(crate) fn carried_out(answer: &[u8], id: u64) -> Result<(), String> {
    let answer: HostAnswer = serde_json::from_slice(answer)
        .map_err(|error| format!("the answer cannot be read: {error}"))?;
    if answer.id != id {
        return Err(format!("it answers request {}, not {id}", answer.id));
    }
    if !answer.ok {
        let why = answer.error.unwrap_or_else(|| "without a reason".to_owned());
        return Err(format!("refused: {why}"));
    }
    Ok(())
}
