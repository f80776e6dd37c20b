//! Tells when a request's body is there.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::sync::oneshot;

/// A body that says when its last byte was read, and shows its end only once it may.
struct ArrivingBody {
    body: Body,
    /// Gone once the body is there. It goes with the body, too, for whoever does not read it.
    arriving: Option<oneshot::Sender<()>>,
    /// Gone once the reader has seen the end.
    go_on: Option<oneshot::Receiver<()>>,
}

/// The other side of a body that is arriving.
pub(super) struct Arrival {
    arriving: oneshot::Receiver<()>,
    go_on: oneshot::Sender<()>,
}

/// What is read of a body is the same as ever; but its reader does not go on after the end
/// before it is let go on, and so has not begun anything until then.
pub(super) fn arriving(body: Body) -> (Body, Arrival) {
    let (arriving, arrived) = oneshot::channel();
    let (go, go_on) = oneshot::channel();
    let body = ArrivingBody { body, arriving: Some(arriving), go_on: Some(go_on) };
    (Body::new(body), Arrival { arriving: arrived, go_on: go })
}

impl Arrival {
    /// Comes back when nothing more of the body is waited for.
    pub(super) async fn arrived(&mut self) {
        // Nothing is ever sent: the other side goes.
        let _ = (&mut self.arriving).await;
    }

    pub(super) fn go_on(self) {
        // Nobody waits for it who did not want the body.
        let _ = self.go_on.send(());
    }
}

impl HttpBody for ArrivingBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.arriving.is_some() {
            if let Some(frame) = ready!(Pin::new(&mut self.body).poll_frame(context)) {
                return Poll::Ready(Some(frame));
            }
            self.arriving = None;
        }
        if let Some(go_on) = &mut self.go_on {
            // That nobody is left to let it go on means that all of the request is dropped.
            let _ = ready!(Pin::new(go_on).poll(context));
            self.go_on = None;
        }
        Poll::Ready(None)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::body::to_bytes;
    use tokio::time::timeout;

    use super::*;

    const SHORT: Duration = Duration::from_millis(100);

    #[tokio::test(start_paused = true)]
    async fn the_reader_goes_on_when_the_body_is_there_and_it_may() {
        let (body, mut arrival) = arriving(Body::from("abc"));
        assert!(timeout(SHORT, arrival.arrived()).await.is_err(), "nothing was read");
        let mut reading = Box::pin(to_bytes(body, 10));
        assert!(timeout(SHORT, reading.as_mut()).await.is_err(), "it went on by itself");
        timeout(SHORT, arrival.arrived()).await.expect("all was read");
        arrival.go_on();
        assert_eq!(reading.await.unwrap(), "abc");
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_nobody_wants_is_not_waited_for() {
        let (body, mut arrival) = arriving(Body::from("abc"));
        drop(body);
        timeout(SHORT, arrival.arrived()).await.expect("it is waited for");
        arrival.go_on();
    }
}
