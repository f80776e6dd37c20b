//! On the paused clock: what the generator says is exact.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use proptest::prelude::*;
use tokio::time::sleep;

use super::*;

const MS: Duration = Duration::from_millis(1);

fn load(rate: f64, millis: u32) -> OpenLoop {
    OpenLoop::new(rate, MS * millis).warming_up(Duration::ZERO)
}

#[tokio::test(start_paused = true)]
async fn requests_arrive_at_the_rate_whatever_the_answers_take() {
    let begun = Instant::now();
    let slow = async |_| {
        sleep(500 * MS).await;
        Ok(())
    };
    let report = load(100.0, 1000).run(slow).await.unwrap();
    assert_eq!((report.sent, report.succeeded), (100, 100));
    // The last arrives at 990 ms; the timer is a millisecond coarse.
    assert!(begun.elapsed() <= 1495 * MS, "{:?}", begun.elapsed());
    let p50 = report.response.at(Percentile::P50).unwrap();
    assert!(p50 >= 500 * MS && p50 < 503 * MS, "{p50:?}");
    assert!(report.slip.max().unwrap() <= 2 * MS);
}

#[tokio::test(start_paused = true)]
async fn waiting_for_a_place_counts_in_the_response_and_not_in_the_service() {
    let serve = async |_| {
        sleep(100 * MS).await;
        Ok(())
    };
    let report = load(20.0, 1000).in_flight(1).run(serve).await.unwrap();
    assert!(report.service.max().unwrap() <= 102 * MS);
    // Twenty arrive in a second and ten can be served: the last waits for nine.
    let max = report.response.max().unwrap();
    assert!(max >= 1000 * MS && max <= 1100 * MS, "{max:?}");
    assert!((report.achieved() - 10.0).abs() < 0.5, "{}", report.achieved());
}

#[tokio::test(start_paused = true)]
async fn no_more_are_in_flight_than_allowed() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let report = load(1000.0, 200)
        .in_flight(7)
        .run(|_| {
            let (now, most) = (now.clone(), most.clone());
            async move {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                sleep(50 * MS).await;
                now.fetch_sub(1, Ordering::SeqCst);
                Ok(())
            }
        })
        .await
        .unwrap();
    assert_eq!(most.load(Ordering::SeqCst), 7);
    assert_eq!(report.sent, 200);
}

#[tokio::test(start_paused = true)]
async fn what_hangs_is_given_up_and_counts_as_long_as_it_was_waited_for() {
    let serve = |number: u64| async move {
        if number.is_multiple_of(2) {
            std::future::pending::<()>().await;
        }
        Ok(())
    };
    let begun = Instant::now();
    let report = load(100.0, 1000).timing_out(2000 * MS).run(serve).await.unwrap();
    assert!(begun.elapsed() < 3000 * MS);
    assert_eq!(report.failed[&Failure::TIMED_OUT.into()], 50);
    assert_eq!(report.response.at_least(1990 * MS), 50);
    assert!((report.success_rate() - 0.5).abs() < 1e-9);
}

#[tokio::test(start_paused = true)]
async fn quick_refusals_do_not_make_the_answers_look_quicker() {
    let serve = |number: u64| async move {
        if number.is_multiple_of(4) {
            return Err("status 503".into());
        }
        sleep(40 * MS).await;
        Ok(())
    };
    let report = load(100.0, 1000).run(serve).await.unwrap();
    assert_eq!(report.failed[&"status 503".into()], 25);
    assert_eq!(report.response.count(), 75);
    assert_eq!(report.response.at_least(39 * MS), 75);
    assert!(report.to_string().ends_with("; 25 × status 503"), "{report}");
}

#[tokio::test(start_paused = true)]
async fn the_warm_up_is_sent_and_not_counted() {
    let calls = AtomicUsize::new(0);
    let serve = |number: u64| {
        calls.fetch_add(1, Ordering::SeqCst);
        async move {
            if number < 50 {
                sleep(900 * MS).await;
            }
            Ok(())
        }
    };
    let report = load(100.0, 1000).warming_up(500 * MS).run(serve).await.unwrap();
    assert_eq!(calls.load(Ordering::SeqCst), 150);
    assert_eq!(report.sent, 100);
    assert!(report.response.max().unwrap() <= 2 * MS);
}

#[tokio::test(start_paused = true)]
async fn zero_samples_are_no_result() {
    let error = load(10.0, 1000).run(async |_| Err("no connection".into())).await.unwrap_err();
    assert_eq!(error.to_string(), "measure at 10/s: there are no samples; 10 × no connection");
    let error = load(10.0, 0).run(async |_| Ok(())).await.unwrap_err();
    assert!(error.to_string().ends_with("nothing was sent"), "{error}");
    assert!(matches!(load(0.0, 1).run(async |_| Ok(())).await, Err(LoadError::Setup(_))));
    let nobody = load(1.0, 1).in_flight(0);
    assert!(matches!(nobody.run(async |_| Ok(())).await, Err(LoadError::Setup(_))));
}

#[test]
fn a_generator_that_comes_too_late_is_saturated() {
    let by = |slip: Duration, late: u64| {
        let mut report = LoadReport { sent: 200, succeeded: 200, ..LoadReport::default() };
        (0..200).for_each(|n| report.slip.record(if n < late { slip } else { MS }));
        report
    };
    let of = |late: u64| by(600 * MS, late);
    let load = load(100.0, 2000);
    assert!(load.judge(of(2)).is_ok(), "a few late ones do not matter");
    let error = load.judge(of(100)).unwrap_err();
    let LoadError::Saturated { percentile, samples, .. } = &error else { panic!("{error}") };
    assert_eq!((percentile.as_str(), *samples), ("p90", 200));
    assert!(error.to_string().contains("limit 100ms, over 200 samples"), "{error}");
    // Beside answers that take seconds it is a part that does not matter.
    let beside_slow = |slip: Duration| {
        let mut report = by(slip, 100);
        (0..200).for_each(|_| report.service.record(2000 * MS));
        load.judge(report)
    };
    assert!(beside_slow(400 * MS).is_ok());
    // Its own part of them is no excuse for itself.
    let mut slow_by_itself = by(400 * MS, 100);
    (0..200).for_each(|_| slow_by_itself.response.record(2000 * MS));
    (0..200).for_each(|_| slow_by_itself.service.record(MS));
    let error = load.judge(slow_by_itself).unwrap_err();
    assert!(error.to_string().contains("limit 100ms"), "{error}");
    let error = beside_slow(600 * MS).unwrap_err();
    assert!(error.to_string().contains("limit 500ms"), "{error}");
}

/// A server that answers at once, but for a time answers nobody.
async fn stalling(start: Instant, from: Duration, until: Duration) -> Result<(), Failure> {
    let now = start.elapsed();
    if now >= from && now < until {
        sleep(until - now).await;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Coordinated omission would show a stall once for each place in flight.
    #[test]
    fn everyone_who_arrives_in_a_stall_is_seen_to_wait(
        rate in 20_u32..300,
        from in 0_u32..1000,
        stall in 200_u32..1500,
        in_flight in 1_usize..80,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time().start_paused(true).build().unwrap();
        let (from, stall) = (MS * from, MS * stall);
        let report = runtime.block_on(async {
            let start = Instant::now();
            load(f64::from(rate), 3000)
                .in_flight(in_flight)
                .run(|_| stalling(start, from, from + stall))
                .await
                .unwrap()
        });
        prop_assert_eq!(report.sent, u64::from(rate) * 3);
        let gap = Duration::from_secs_f64(1.0 / f64::from(rate));
        let longest = report.response.max().unwrap();
        prop_assert!(longest + gap + 3 * MS >= stall, "{longest:?} of {stall:?}");
        // Those who came in the first half waited at least the second.
        let expected = stall.as_secs_f64() / 2.0 * f64::from(rate);
        let waited = report.response.at_least(stall / 2 - 3 * MS) as f64;
        prop_assert!((waited - expected).abs() <= 3.0 + expected * 0.05, "{waited}, expected {expected}");
    }
}
