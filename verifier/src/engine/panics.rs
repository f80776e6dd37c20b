//! A step that panics is an error of the verifier and not its end.

use std::{any::Any, cell::RefCell, future::Future, panic::AssertUnwindSafe, sync::Once};

use futures::FutureExt;

tokio::task_local! {
    static CAUGHT: RefCell<Option<String>>;
}

/// The future's output, or where it panicked and why. Within it nothing is
/// printed by the panic itself.
pub(crate) async fn catching<F: Future>(future: F) -> Result<F::Output, String> {
    install_hook();
    CAUGHT
        .scope(RefCell::default(), async {
            AssertUnwindSafe(future).catch_unwind().await.map_err(|payload| {
                CAUGHT.with(RefCell::take).unwrap_or_else(|| text(payload.as_ref()).to_owned())
            })
        })
        .await
}

fn install_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let place = info.location().map(|l| format!("{}:{}: ", l.file(), l.line()));
            let what = format!("{}{}", place.unwrap_or_default(), text(info.payload()));
            if CAUGHT.try_with(|caught| caught.replace(Some(what))).is_err() {
                previous(info);
            }
        }));
    });
}

fn text(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("a panic")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_told_with_its_place() {
        assert_eq!(catching(async { 7 }).await, Ok(7));
        let what = catching(async { panic!("no {}", "way") }).await.unwrap_err();
        assert!(what.ends_with(": no way") && what.contains("panics.rs:"), "{what}");
    }
}
