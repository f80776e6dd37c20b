//! The records of all shards of a run, and whether they fit together.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::MergeError;
use crate::{
    events::{Body, Event, PlannedScenario, RunStarted, ShardFacts, read_events},
    report::ResultsFolder,
};

/// What one shard has left behind.
#[derive(Clone, Debug)]
pub struct ShardRecord {
    pub folder: PathBuf,
    pub started: RunStarted,
    pub shard: ShardFacts,
    pub events: Vec<Event>,
}

/// What all shards of a run have in common, by its name in the events.
const COMMON: [(&str, &str); 11] = [
    ("verifierVersion", "verifier version"),
    ("seed", "seed"),
    ("profile", "profile"),
    ("topology", "topology"),
    ("platform", "platform"),
    ("features", "features"),
    ("machines", "machines"),
    ("timings", "timings"),
    ("shuffled", "shuffled"),
    ("retries", "retries"),
    ("flakyFails", "flakyFails"),
];

/// All shards of one run, in order; nothing else is accepted.
pub fn read_shards(folders: &[PathBuf]) -> Result<Vec<ShardRecord>, MergeError> {
    fitting(folders.iter().map(|folder| ShardRecord::read(folder)))
}

/// The same of records that are already read.
pub(crate) fn fitting(
    records: impl Iterator<Item = Result<ShardRecord, MergeError>>,
) -> Result<Vec<ShardRecord>, MergeError> {
    let mut shards: Vec<ShardRecord> = Vec::new();
    for shard in records {
        let shard = shard?;
        if let Some(first) = shards.first() {
            shard.fits(first)?;
        }
        let same = |known: &&ShardRecord| known.shard.index == shard.shard.index;
        if let Some(first) = shards.iter().find(same) {
            let (folder, first) = (shard.folder.clone(), first.folder.clone());
            return Err(MergeError::Twice { folder, first, shard: shard.name() });
        }
        shards.push(shard);
    }
    shards.sort_by_key(|shard| shard.shard.index);
    let of = shards.first().map_or(0, |shard| shard.shard.of);
    let missing = (1..=of).find(|index| shards.iter().all(|shard| shard.shard.index != *index));
    if let Some(index) = missing {
        return Err(MergeError::Missing { shard: format!("{index}/{of}"), of });
    }
    planned_once(&shards)?;
    Ok(shards)
}

impl ShardRecord {
    fn read(folder: &Path) -> Result<Self, MergeError> {
        Self::of(folder.to_owned(), read_events(&ResultsFolder::existing(folder).events())?)
    }

    pub(crate) fn of(folder: PathBuf, events: Vec<Event>) -> Result<Self, MergeError> {
        let Some(Body::RunStarted(started)) = events.first().map(|event| &event.body) else {
            return Err(MergeError::NoShard { folder });
        };
        let started = (**started).clone();
        let Some(shard) = started.shard.clone() else {
            return Err(MergeError::NoShard { folder });
        };
        Ok(Self { folder, started, shard, events })
    }

    /// `1/2`
    fn name(&self) -> String {
        format!("{}/{}", self.shard.index, self.shard.of)
    }

    pub fn planned(&self, id: &str) -> Option<&PlannedScenario> {
        self.started.plan.iter().find(|scenario| scenario.id == id)
    }

    fn fits(&self, first: &Self) -> Result<(), MergeError> {
        let differs = |field, value: String, expected: String| {
            let (folder, first) = (self.folder.clone(), first.folder.clone());
            Err(MergeError::Differs { folder, first, field, value, expected })
        };
        let facts = |started: &RunStarted| serde_json::to_value(started).unwrap_or(Value::Null);
        let (own, theirs) = (facts(&self.started), facts(&first.started));
        for (key, field) in COMMON {
            if own[key] != theirs[key] {
                return differs(field, own[key].to_string(), theirs[key].to_string());
            }
        }
        if self.shard.of != first.shard.of {
            return differs("shard", self.name(), first.name());
        }
        if self.shard.selection != first.shard.selection {
            let told = |shard: &ShardFacts| shard.selection.join(", ");
            return differs("the selection", told(&self.shard), told(&first.shard));
        }
        Ok(())
    }
}

/// Options that were not the same for all could have given a scenario to two shards, or to none.
fn planned_once(shards: &[ShardRecord]) -> Result<(), MergeError> {
    let selection = shards.first().map_or(&[][..], |shard| &shard.shard.selection);
    for id in selection {
        let with: Vec<&ShardRecord> =
            shards.iter().filter(|shard| shard.planned(id).is_some()).collect();
        if with.len() != 1 {
            let folder = with.last().or(shards.first().as_ref()).map(|shard| shard.folder.clone());
            return Err(MergeError::Scenario {
                folder: folder.unwrap_or_default(),
                scenario: id.clone(),
                times: with.len(),
            });
        }
    }
    Ok(())
}
