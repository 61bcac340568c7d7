//! Random schedules of connections with faults: the real app, store and SDK on dynoxide, in virtual time. A
//! schedule depends on its seed only.
//!
//! `LIFT_SCHEDULES` sets the number of schedules, `LIFT_SEED` runs one. For many schedules, build with optimization:
//! `--profile optimized-tests`.

mod app;
mod gateway;
mod schedule;

use std::{
    env,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use serde_json::{Value, json};

use schedule::Change;

/// The number of schedules that a test runs.
const SCHEDULES: u64 = 60;

/// The maximum number of schedules to detect a broken store. Most tests need fewer.
const MAX_SCHEDULES_TO_DETECT: u64 = 500;

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok().map(|value| value.parse().expect("a number"))
}

/// Runs schedules, each with its own paused clock, until one fails.
fn run(
    min: u64,
    change: impl Fn(&str, Value) -> (String, Value) + Send + Sync + 'static,
) -> Result<(), String> {
    let change: Change = Arc::new(change);
    let (first, last) = match number("LIFT_SEED") {
        Some(seed) => (seed, seed),
        None => (0, number("LIFT_SCHEDULES").unwrap_or(min).max(min) - 1),
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let found = AtomicBool::new(false);
    let run_some = |thread: usize| {
        for seed in (first..=last).skip(thread).step_by(threads) {
            if found.load(Ordering::Relaxed) {
                break;
            }
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = runtime.enable_time().start_paused(true).build().expect("a runtime");
            if let Err(wrong) = runtime.block_on(schedule::run(seed, change.clone())) {
                found.store(true, Ordering::Relaxed);
                return Err(format!("LIFT_SEED={seed}: {wrong}"));
            }
        }
        Ok(())
    };
    thread::scope(|scope| {
        let run_some = &run_some;
        let all: Vec<_> = (0..threads).map(|n| scope.spawn(move || run_some(n))).collect();
        all.into_iter().try_for_each(|thread| thread.join().expect("no panic"))
    })
}

#[test]
fn rows_match_the_open_connections() {
    let result = run(SCHEDULES, |operation, body| (operation.to_owned(), body));
    assert_eq!(result, Ok(()));
}

#[test]
fn a_delete_instead_of_the_tombstone_is_detected() {
    let result = run(MAX_SCHEDULES_TO_DETECT, |operation, body: Value| {
        if operation != "PutItem" || body["Item"]["gone"].is_null() {
            return (operation.to_owned(), body);
        }
        let mut delete = body;
        let item = &delete["Item"];
        delete["Key"] = json!({"pk": item["pk"], "sk": item["sk"]});
        delete.as_object_mut().expect("an object").remove("Item");
        ("DeleteItem".to_owned(), delete)
    });
    assert!(result.is_err(), "no schedule detected it");
}

#[test]
fn an_unconditional_put_is_detected() {
    let result = run(MAX_SCHEDULES_TO_DETECT, |operation, mut body: Value| {
        if operation == "PutItem" && body["Item"]["gone"].is_null() {
            let put = body.as_object_mut().expect("an object");
            put.remove("ConditionExpression");
            put.remove("ReturnValuesOnConditionCheckFailure");
        }
        (operation.to_owned(), body)
    });
    assert!(result.is_err(), "no schedule detected it");
}

#[test]
fn removing_on_every_410_is_detected() {
    let result = run(MAX_SCHEDULES_TO_DETECT, |operation, mut body: Value| {
        schedule::later(&mut body, 60_000);
        (operation.to_owned(), body)
    });
    assert!(result.is_err(), "no schedule detected it");
}
