//! Callers that come in numbers and say nothing, or only begin to.

use futures::{StreamExt, TryStreamExt, stream};

use crate::{Connection, Listener};

/// More than two rounds of handshakes, which a listener might wait for.
const RAW: usize = 600;
/// More than a listener lets wait for a request.
const READY: usize = 300;
/// Handshakes of ours at once.
const AT_ONCE: usize = 8;

/// Connections of both kinds, held until this is dropped.
pub(crate) struct Crowd {
    _all: Vec<Box<dyn Connection>>,
}

impl Crowd {
    /// Everybody is there when this returns, unless sent away already.
    pub(crate) async fn gather(listener: &Listener) -> Self {
        let ready = stream::iter(0..READY).map(|_| listener.connect()).buffer_unordered(AT_ONCE);
        let mut all: Vec<Box<dyn Connection>> = ready.try_collect().await.unwrap();
        // The beginning of a greeting, or of a request.
        let begin: &[u8] = if listener.is_plain() { b"GET / HT" } else { &[22, 3, 1, 2, 0] };
        for number in 0..RAW {
            let stream = listener.connect_raw().await.unwrap();
            if number % 2 == 0 {
                let _ = stream.try_write(begin);
            }
            all.push(Box::new(stream));
        }
        Self { _all: all }
    }
}
