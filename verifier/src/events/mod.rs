//! The record of a run: one line per event in `events.jsonl`, written as it
//! happens. Every report is a fold over it.

mod clock;
mod event;
mod log;
mod planned;
mod reader;
mod redaction;
mod verdict;

pub use clock::{parse_timestamp, timestamp};
pub use event::{
    Body, Event, Evidence, FaultChange, HostFacts, LogSlice, Measurement, NOT_IN_ORDER, Note,
    OperationEnded, RunFinished, RunOutcome, RunStarted, SCHEMA, ScenarioFinished, ScenarioStarted,
    ShardFacts, StepFinished, StepStarted, Waiting,
};
pub use log::EventLog;
pub use planned::{PlannedScenario, PlannedStep};
pub use reader::{ReadError, read_events, read_events_from};
pub use verdict::Verdict;
