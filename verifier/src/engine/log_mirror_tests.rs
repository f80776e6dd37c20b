use std::{
    fs,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use futures::future::BoxFuture;

use super::*;
use crate::evidence::LogChunk;

/// One growing log, and a machine that may be silent.
#[derive(Default)]
struct Fake {
    text: Mutex<String>,
    silent: AtomicBool,
    /// Before each answer.
    slow: Mutex<Duration>,
    asked: AtomicUsize,
}

impl LogSource for Fake {
    fn logs(&self) -> BoxFuture<'_, (Vec<LogName>, Vec<LogError>)> {
        let name = LogName { machine: "prow1".into(), component: "prow-scheduler".into() };
        Box::pin(async move { (vec![name], Vec::new()) })
    }

    fn read<'a>(
        &'a self,
        _: &'a LogName,
        offset: u64,
        max: u64,
    ) -> BoxFuture<'a, Result<LogChunk, LogError>> {
        Box::pin(async move {
            self.asked.fetch_add(1, Ordering::Relaxed);
            if self.silent.load(Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
            let slow = *self.slow.lock().unwrap();
            tokio::time::sleep(slow).await;
            let text = self.text.lock().unwrap();
            let end = text.len().min((offset + max) as usize);
            let text = text[offset as usize..end].to_owned();
            Ok(LogChunk { text, next: end as u64 })
        })
    }

    fn ailing(&self) -> BoxFuture<'_, Vec<String>> {
        Box::pin(async { vec!["prow-scheduler of prow1 is paused".to_owned()] })
    }
}

fn mirror() -> (LogMirror, Arc<Fake>, tempfile::TempDir) {
    let fake = Arc::new(Fake::default());
    let folder = tempfile::tempdir().unwrap();
    let events = Arc::new(EventLog::in_memory());
    events.hide("the-agent-secret");
    (LogMirror::new(fake.clone(), folder.path().to_owned(), events), fake, folder)
}

#[tokio::test(start_paused = true)]
async fn a_slice_has_what_came_since_the_window_was_opened() {
    let (mut mirror, fake, folder) = mirror();
    fake.text.lock().unwrap().push_str("boot\n");
    mirror.begin_window().await;
    fake.text.lock().unwrap().push_str("wrong the-agent-secret\nand half a");
    let slices = mirror.slices(Duration::from_secs(1), &[]).await;
    assert_eq!(slices.len(), 1);
    assert_eq!(slices[0].text, "wrong [redacted]\n");
    fake.text.lock().unwrap().push_str(" line\n");
    let slices = mirror.slices(Duration::from_secs(1), &[]).await;
    assert_eq!(slices[0].text, "and half a line\n");
    fake.text.lock().unwrap().push_str("the end");
    assert_eq!(mirror.finish().await, Vec::<String>::new());
    let file = folder.path().join("prow1/prow-scheduler.log");
    let text = fs::read_to_string(file).unwrap();
    assert_eq!(text, "boot\nwrong [redacted]\nand half a line\nthe end\n");
}

#[tokio::test(start_paused = true)]
async fn a_big_log_is_read_in_pieces() {
    let (mut mirror, fake, folder) = mirror();
    let text = "0123456789\n".repeat(100_000);
    fake.text.lock().unwrap().push_str(&text);
    mirror.finish().await;
    let file = folder.path().join("prow1/prow-scheduler.log");
    assert_eq!(fs::read_to_string(file).unwrap().len(), text.len());
}

#[tokio::test(start_paused = true)]
async fn a_silent_machine_is_not_waited_for_again_and_again() {
    let (mut mirror, fake, _folder) = mirror();
    fake.silent.store(true, Ordering::Relaxed);
    for _ in 0..5 {
        mirror.slices(Duration::from_secs(1), &[]).await;
    }
    assert_eq!(fake.asked.load(Ordering::Relaxed), 2);
    let told = mirror.finish().await;
    assert_eq!(told, ["failed to read the logs of prow1: no answer within 15 s"]);
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_the_failure_is_about_tells_its_last_lines() {
    let (mut mirror, fake, _folder) = mirror();
    fake.text.lock().unwrap().push_str("failed to start\n");
    mirror.begin_window().await;
    assert_eq!(mirror.slices(Duration::from_secs(1), &["prow2".into()]).await, []);
    let slices = mirror.slices(Duration::from_secs(1), &["prow1".into()]).await;
    assert_eq!(slices.len(), 1);
    assert!(slices[0].older);
    assert_eq!(slices[0].text, "failed to start\n");
}

#[tokio::test(start_paused = true)]
async fn a_slow_machine_has_the_time_that_the_scale_gives_it() {
    for (scale, complaints) in [(1.0, 1), (10.0, 0)] {
        let (mirror, fake, _folder) = mirror();
        *fake.slow.lock().unwrap() = 2 * LAST_VISIT;
        fake.text.lock().unwrap().push_str("boot\n");
        assert_eq!(mirror.paced(scale).finish().await.len(), complaints, "scale {scale}");
    }
}
