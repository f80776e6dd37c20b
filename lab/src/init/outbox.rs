//! Events on their way out. Telling never waits; one task writes.

use std::{rc::Rc, time::Duration};

use tokio::{
    io::AsyncWriteExt,
    net::unix::OwnedWriteHalf,
    sync::{mpsc, oneshot},
    task::spawn_local,
    time::timeout,
};

use crate::spec::Event;

/// What the outermost process gets to take the last events.
const FLUSH: Duration = Duration::from_secs(1);

enum Letter {
    Event(Event),
    /// Answered when all before it is written.
    Flush(oneshot::Sender<()>),
}

#[derive(Clone)]
pub struct Outbox {
    letters: mpsc::UnboundedSender<Letter>,
}

impl Outbox {
    pub fn start(mut socket: OwnedWriteHalf) -> Rc<Self> {
        let (letters, mut inbox) = mpsc::unbounded_channel();
        spawn_local(async move {
            while let Some(letter) = inbox.recv().await {
                match letter {
                    Letter::Event(event) => {
                        let Ok(mut line) = serde_json::to_vec(&event) else { continue };
                        line.push(b'\n');
                        if socket.write_all(&line).await.is_err() {
                            // Who does not listen any more is about to end this process.
                            return;
                        }
                    }
                    Letter::Flush(done) => {
                        let _ = done.send(());
                    }
                }
            }
        });
        Rc::new(Self { letters })
    }

    pub fn tell(&self, event: Event) {
        let _ = self.letters.send(Letter::Event(event));
    }

    pub async fn flush(&self) {
        let (done, flushed) = oneshot::channel();
        if self.letters.send(Letter::Flush(done)).is_ok() {
            let _ = timeout(FLUSH, flushed).await;
        }
    }
}
