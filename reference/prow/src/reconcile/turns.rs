//! How much is done at a time, in all and on one node.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// At a time in all: as much as several nodes together may hold up.
const IN_ALL: usize = 64;
/// At a time on one node. An agent that does not answer keeps an order until it times out.
const ON_A_NODE: usize = 8;

/// Gives turns such that a node that holds its own up leaves the others theirs.
pub struct Turns {
    all: Arc<Semaphore>,
    nodes: Mutex<HashMap<String, Arc<Semaphore>>>,
}

/// Ends when dropped.
pub struct Turn {
    _permits: [Option<OwnedSemaphorePermit>; 2],
}

impl Default for Turns {
    fn default() -> Self {
        Self { all: Arc::new(Semaphore::new(IN_ALL)), nodes: Mutex::default() }
    }
}

impl Turns {
    /// What has no node yet shares the turns of none.
    pub async fn take(&self, node: Option<&str>) -> Turn {
        // The node's comes first: who waits for it must not hold one of all. Neither is
        // ever closed; if it were, nobody would be left to bound.
        let on_node = self.of_node(node.unwrap_or_default()).acquire_owned().await.ok();
        let in_all = self.all.clone().acquire_owned().await.ok();
        Turn { _permits: [on_node, in_all] }
    }

    fn of_node(&self, node: &str) -> Arc<Semaphore> {
        let mut nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever has a turn or waits for one holds it too.
        nodes.retain(|_, turns| Arc::strong_count(turns) > 1);
        nodes.entry(node.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(ON_A_NODE))).clone()
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[test]
    fn a_node_that_holds_its_turns_up_leaves_the_others_theirs() {
        let turns = Turns::default();
        let take = |node| turns.take(Some(node)).now_or_never();
        let held: Vec<Turn> = (0..ON_A_NODE).map(|_| take("frozen").unwrap()).collect();
        // Nor do those that wait in vain take any.
        let waiting: Vec<_> = (0..IN_ALL)
            .map(|_| Box::pin(turns.take(Some("frozen"))))
            .filter_map(|mut turn| turn.as_mut().now_or_never().is_none().then_some(turn))
            .collect();
        assert_eq!(waiting.len(), IN_ALL);
        let other = take("other").expect("the other node has its own");
        drop((waiting, held));
        assert!(take("frozen").is_some());
        drop(other);
        assert!(take("third").is_some());
        assert_eq!(turns.nodes.lock().unwrap().len(), 1, "nodes without turns are forgotten");
    }

    #[test]
    fn all_nodes_together_have_their_bound() {
        let turns = Turns::default();
        let mut taken = Vec::new();
        for number in 0..IN_ALL {
            let node = format!("node{number}");
            taken.push(turns.take(Some(&node)).now_or_never().expect("there is room"));
        }
        assert!(turns.take(None).now_or_never().is_none());
    }
}
