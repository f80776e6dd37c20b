use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::evidence::StepErrorKind;

fn wait(what: &str, budget: Duration) -> (Wait, Recorder) {
    let recorder = Recorder::in_memory();
    let deadline = Instant::now() + budget;
    (Wait::new(what.into(), recorder.clone(), Arc::default(), deadline), recorder)
}

const TEN: Duration = Duration::from_secs(10);

#[tokio::test(start_paused = true)]
async fn a_timeout_tells_the_whole_story() {
    let (wait, recorder) = wait("the container of web is running", TEN);
    let start = Instant::now();
    let error = wait
        .every(Duration::from_secs(1))
        .until(async || {
            let so_far = start.elapsed().as_secs();
            Progress::<()>::not_yet(if so_far < 3 { "no container" } else { "created" })
        })
        .await
        .unwrap_err();
    assert_eq!(error.kind, StepErrorKind::Failed);
    assert_eq!(
        error.message,
        "timed out waiting until the container of web is running; last status: created\
         \n  waited 10.0 s (the rest of the step's budget), asked 11 times, last answer 0 ms ago\
         \n  the status last changed 7.0 s ago, 2 different ones in all:\
         \n    after 0 ms: no container\
         \n    after 3.0 s: created"
    );
    let told: Vec<_> = recorder.log().events().into_iter().map(|event| event.body).collect();
    assert_eq!(told.len(), 2, "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn a_question_without_answer_is_dropped_in_time() {
    let (wait, recorder) = wait("the gateway is healthy", TEN);
    let error = wait.until(std::future::pending::<Progress<()>>).await.unwrap_err();
    assert_eq!(
        error.message,
        "timed out waiting until the gateway is healthy; the first question was never answered\
         \n  waited 10.0 s (the rest of the step's budget), asked once, the last question \
         unanswered for 10.0 s"
    );
    let told = recorder.log().events();
    let Body::Waiting(waiting) = &told[0].body else { panic!("{told:?}") };
    assert_eq!((told.len(), waiting.status.as_str()), (1, "no answer yet"));
}

#[tokio::test(start_paused = true)]
async fn an_unchanged_status_and_an_own_limit_are_said() {
    let (wait, _) = wait("it is so", TEN);
    let error = wait
        .within(Duration::from_secs(2))
        .or_error()
        .until(async || Progress::<()>::not_yet("no"))
        .await
        .unwrap_err();
    assert_eq!(error.kind, StepErrorKind::Error);
    assert!(error.message.contains("waited 2.0 s (its limit)"), "{error}");
    assert!(error.message.contains("the same from the first answer on"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn it_is_asked_once_more_just_before_time_is_up() {
    let (wait, _) = wait("it is so", TEN);
    let start = Instant::now();
    let late = Duration::from_millis(9_975);
    let value = wait
        .every(Duration::from_secs(3))
        .until(async || match start.elapsed() {
            now if now > late => Progress::Ready(7),
            now => Progress::not_yet(format!("{now:?}")),
        })
        .await;
    assert_eq!(value, Ok(7));
}

#[tokio::test(start_paused = true)]
async fn a_fatal_answer_ends_the_wait_at_once() {
    let (wait, _) = wait("it is so", TEN);
    let start = Instant::now();
    let error = wait.until(async || Progress::<()>::failed("it is dead")).await.unwrap_err();
    assert_eq!(error, StepError::failed("while waiting until it is so: it is dead"));
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn an_event_wakes_the_wait_but_never_without_pause() {
    let (wait, _) = wait("it is so", TEN);
    let notify = Arc::new(Notify::new());
    let start = Instant::now();
    let asked = AtomicUsize::new(0);
    let busy = {
        let notify = notify.clone();
        tokio::spawn(async move {
            loop {
                notify.notify_one();
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        })
    };
    wait.every(Duration::from_secs(60))
        .wake_on(notify)
        .until(async || match asked.fetch_add(1, Ordering::Relaxed) {
            50 => Progress::Ready(()),
            n => Progress::not_yet(n.to_string()),
        })
        .await
        .unwrap();
    busy.abort();
    assert!(
        start.elapsed() >= 50 * SHORTEST_PAUSE && start.elapsed() < TEN,
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn a_watched_value_wakes_the_wait_and_its_end_does_not_spin() {
    let (wait, _) = wait("it is so", TEN);
    let (sender, receiver) = watch::channel(1);
    let start = Instant::now();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let _ = sender.send(2);
    });
    let watched = receiver.clone();
    let error = wait
        .every(Duration::from_secs(60))
        .wake_on_watch(receiver)
        .until(async || Progress::<()>::not_yet(watched.borrow().to_string()))
        .await
        .unwrap_err();
    assert!(error.message.contains("after 1.0 s: 2"), "{error}");
    assert!(error.message.contains("asked 3 times"), "{error}");
    assert!(start.elapsed() <= TEN);
}

#[tokio::test(start_paused = true)]
async fn a_long_history_keeps_its_beginning_and_its_end() {
    let (wait, _) = wait("it is so", TEN);
    let n = AtomicUsize::new(0);
    let error = wait
        .every(Duration::from_secs(1))
        .until(async || {
            Progress::<()>::not_yet(format!("status {}", n.fetch_add(1, Ordering::Relaxed)))
        })
        .await
        .unwrap_err();
    assert!(error.message.contains("after 0 ms: status 0\n    … 5 more"), "{error}");
    assert!(error.message.ends_with("status 10"), "{error}");
}
