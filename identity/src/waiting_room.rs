//! Connections that hold a place and have asked for nothing yet.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

/// Room for so many at once. Whoever comes when it is full waits at the door until
/// somebody leaves or has waited for longer than `grace`: who has waited longest
/// is then sent away. So those who ask for nothing hold up nobody for longer than
/// that, while a crowd of honest callers is let in one after the other.
pub struct WaitingRoom {
    most: usize,
    grace: Duration,
    waiting: Mutex<Waiting>,
    left: Notify,
}

#[derive(Default)]
struct Waiting {
    next: u64,
    /// In the order in which they sat down.
    seats: BTreeMap<u64, (Instant, CancellationToken)>,
}

impl WaitingRoom {
    pub fn new(most: usize, grace: Duration) -> Arc<Self> {
        Arc::new(Self { most, grace, waiting: Mutex::default(), left: Notify::new() })
    }

    /// A seat for somebody who came just now.
    pub async fn enter(self: &Arc<Self>) -> Seat {
        loop {
            let left = self.left.notified();
            let asked_to_go = {
                let mut waiting = locked(&self.waiting);
                if waiting.seats.len() < self.most {
                    break;
                }
                let now = Instant::now();
                let grace_ends = waiting.seats.first_key_value().map(|(_, (since, _))| *since);
                let grace_ends = grace_ends.map_or(now, |since| since + self.grace);
                if grace_ends <= now {
                    if let Some((_, (_, sent_away))) = waiting.seats.pop_first() {
                        sent_away.cancel();
                    }
                    break;
                }
                grace_ends
            };
            tokio::select! {
                () = left => {}
                () = sleep_until(asked_to_go) => {}
            }
        }
        let sent_away = CancellationToken::new();
        let seat = Seat { room: self.clone(), number: Mutex::new(None), sent_away };
        seat.sit_down();
        seat
    }
}

/// A place in the room; free again when dropped.
pub struct Seat {
    room: Arc<WaitingRoom>,
    /// None while its holder is being served.
    number: Mutex<Option<u64>>,
    sent_away: CancellationToken,
}

impl Seat {
    /// Cancelled once the holder is to go.
    pub fn sent_away(&self) -> CancellationToken {
        self.sent_away.clone()
    }

    /// Does what the holder has asked for, while it cannot be sent away. Refused when
    /// it already was. Afterwards it waits again, as the last to have come.
    pub async fn served<T>(&self, work: impl Future<Output = T>) -> io::Result<T> {
        if !self.stand_up() {
            return Err(io::Error::other("others wait for this place"));
        }
        let done = work.await;
        self.sit_down();
        Ok(done)
    }

    /// False if it is no longer there to be left.
    fn stand_up(&self) -> bool {
        let Some(number) = locked(&self.number).take() else { return false };
        let was_there = locked(&self.room.waiting).seats.remove(&number).is_some();
        self.room.left.notify_one();
        was_there
    }

    /// There is a seat even when the room is full: only who comes in waits for one.
    fn sit_down(&self) {
        let mut waiting = locked(&self.room.waiting);
        let number = waiting.next;
        waiting.next += 1;
        waiting.seats.insert(number, (Instant::now(), self.sent_away.clone()));
        *locked(&self.number) = Some(number);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.stand_up();
    }
}

/// What is behind these locks is whole between any two statements.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use tokio::time::{sleep, timeout};

    use super::*;

    const GRACE: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn a_full_room_sends_away_who_has_waited_longest() {
        let room = WaitingRoom::new(2, GRACE);
        let (first, second) = (room.enter().await, room.enter().await);
        let came = Instant::now();
        let third = room.enter().await;
        assert!(came.elapsed() >= GRACE, "sent away at once: {:?}", came.elapsed());
        assert!(first.sent_away().is_cancelled());
        assert!(!second.sent_away().is_cancelled() && !third.sent_away().is_cancelled());
        // Its seat is taken; leaving frees no second one.
        drop(first);
        sleep(GRACE / 2).await;
        let _fourth = room.enter().await;
        assert!(second.sent_away().is_cancelled() && !third.sent_away().is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn who_leaves_in_time_makes_room_without_harm() {
        let room = WaitingRoom::new(1, GRACE);
        let first = room.enter().await;
        let entering = tokio::spawn({
            let room = room.clone();
            async move { room.enter().await }
        });
        sleep(GRACE / 10).await;
        assert!(!entering.is_finished());
        drop(first);
        let second = timeout(GRACE / 10, entering).await.expect("the seat is free").unwrap();
        assert!(!second.sent_away().is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_served_is_not_sent_away_and_comes_back_as_the_last() {
        let room = WaitingRoom::new(2, GRACE);
        let (served, other) = (room.enter().await, room.enter().await);
        let enough = served.served(async {
            sleep(GRACE * 2).await;
            room.enter().await
        });
        let _third = enough.await.unwrap();
        let _fourth = timeout(GRACE * 10, room.enter()).await.expect("nobody goes");
        assert!(other.sent_away().is_cancelled() && !served.sent_away().is_cancelled());
        // Who was sent away is told so when it asks after all, and nothing is done.
        assert!(other.served(async { panic!("it was done") }).await.is_err());
        assert_eq!(served.served(async { 7 }).await.unwrap(), 7);
    }
}
