//! Schedules fire at their moments, with tokio's paused clock.

use std::time::Duration;

use lift_event::Timestamp;
use lift_invoke::{InvocationEventKind, Schedule, Schedules, Source};
use tokio::time::{Instant, advance, sleep};

use crate::observed::{Events, echo, invoker, json, waiting_function};

/// 2026-11-29 09:00:30
const START: Timestamp = Timestamp::from_millis(1_795_942_830_000);

fn schedule(name: &str, expression: &str) -> Schedule {
    Schedule::new(name, "chat", expression.parse().expect("an expression"))
}

/// Running schedules of a function without a process, by tokio's clock.
fn running(all: Vec<Schedule>) -> (Schedules, Events) {
    let (invoker, events) = invoker(vec![waiting_function("chat")]);
    let started = Instant::now();
    let schedules = Schedules::with_clock(invoker, all, move || START + started.elapsed());
    let runs = schedules.clone();
    tokio::spawn(async move { runs.run().await });
    (schedules, events)
}

/// The schedules that fired so far: the name, and the time in the event.
async fn fired(events: &mut Events) -> Vec<String> {
    // Lets the tasks run that are due.
    sleep(Duration::from_millis(1)).await;
    let mut all = Vec::new();
    while let Ok(event) = events.try_recv() {
        if let InvocationEventKind::Invoked { function, source, payload } = event.kind {
            assert_eq!(function, "chat");
            let name = source.schedule().expect("a schedule").to_owned();
            all.push(format!("{name} {}", json(&payload)["time"].as_str().expect("a time")));
        }
    }
    all
}

#[tokio::test(start_paused = true)]
async fn rates_count_from_the_start_and_cron_follows_the_clock() {
    let all = vec![schedule("rate", "rate(1 minute)"), schedule("cron", "cron(0/2 * * * ? *)")];
    let (_schedules, mut events) = running(all);
    assert_eq!(fired(&mut events).await, [""; 0], "nothing fires at the start");
    sleep(Duration::from_secs(150)).await;
    let expected =
        ["rate 2026-11-29T09:01:30Z", "cron 2026-11-29T09:02:00Z", "rate 2026-11-29T09:02:30Z"];
    assert_eq!(fired(&mut events).await, expected);
}

#[tokio::test(start_paused = true)]
async fn a_schedule_fires_while_the_function_is_busy_and_misses_nothing_twice() {
    let (_schedules, mut events) = running(vec![schedule("close", "rate(1 minute)")]);
    fired(&mut events).await;
    // No process answers, so all three invocations run at the same time, as on AWS.
    sleep(Duration::from_secs(180)).await;
    assert_eq!(fired(&mut events).await.len(), 3);
    // The machine slept for an hour: one firing, not sixty.
    advance(Duration::from_secs(3600)).await;
    assert_eq!(fired(&mut events).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_new_description_changes_the_schedules() {
    let kept = schedule("kept", "rate(1 minute)");
    let (schedules, mut events) = running(vec![kept.clone(), schedule("gone", "rate(1 minute)")]);
    fired(&mut events).await;
    sleep(Duration::from_secs(40)).await;
    schedules.replace(vec![kept, schedule("new", "rate(1 minute)")]);
    sleep(Duration::from_secs(30)).await;
    assert_eq!(fired(&mut events).await, ["kept 2026-11-29T09:01:30Z"]);
    sleep(Duration::from_secs(31)).await;
    assert_eq!(fired(&mut events).await, ["new 2026-11-29T09:02:10Z"]);
}

#[tokio::test(start_paused = true)]
async fn a_disabled_schedule_fires_by_its_name_alone() {
    let mut off = schedule("off", "rate(1 minute)");
    off.enabled = false;
    let (schedules, mut events) = running(vec![off]);
    sleep(Duration::from_secs(180)).await;
    assert_eq!(fired(&mut events).await, [""; 0]);
    assert_eq!(schedules.fire_all(), 1);
    assert_eq!(fired(&mut events).await.len(), 1);
}

#[tokio::test]
async fn firing_by_name_returns_the_result_of_the_function() {
    let (invoker, mut events) = invoker(vec![echo("chat").await]);
    let mut close = schedule("close", "cron(0 0 1 1 ? 1999)");
    close.input = Some(r#"{"errorType":"Late","errorMessage":"the auction is over"}"#.to_owned());
    let schedules = Schedules::new(invoker, vec![schedule("open", "rate(1 day)"), close]);
    let event = schedules.fire("open").await.expect("known").result.expect("a result");
    assert_eq!(json(&event)["source"], "aws.events");
    let invoked = events.recv().await.expect("an event").kind;
    let InvocationEventKind::Invoked { source, .. } = invoked else { panic!("{invoked:?}") };
    assert_eq!(source, Source::Schedule("open".to_owned()));
    let error = schedules.fire("close").await.expect("known").result.expect_err("an error");
    assert_eq!(error.function_error(), Some(("Late", "the auction is over")));
    let unknown = schedules.fire("clsoe").await.expect_err("unknown").to_string();
    assert_eq!(unknown, "there is no schedule `clsoe`, only open, close");
}
