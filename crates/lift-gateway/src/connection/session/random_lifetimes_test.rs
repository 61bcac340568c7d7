//! Simulates a thousand clients with random actions for up to two hours, with a paused clock. A short
//! model computes when and how each connection ends. Each has one `$disconnect`.

use std::{collections::HashMap, sync::Mutex};

use fastrand::Rng;
use futures_util::{SinkExt, StreamExt};
use lift_event::{Event, EventKind};
use serde_json::{Value, json};
use tokio::{
    io::duplex,
    time::{Duration, sleep},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, protocol::Role},
};

use super::*;
use crate::{Routes, Settings, backend::Integration};

const CLIENTS: u64 = 1000;

/// Milliseconds since the connection opened.
type Time = u64;

const SECOND: Time = 1000;
const IDLE: Time = 10 * 60 * SECOND;
const LIFETIME: Time = 2 * 60 * 60 * SECOND;
const INTEGRATION: Time = 29 * SECOND;
/// How far the gateway may differ from the model. The model skips schedules with events closer to the end than this.
const TOLERANCE: Time = SECOND;

#[derive(Clone, Copy, Debug)]
enum Action {
    Ping,
    Pong,
    /// A message to a function that takes this long.
    Message(Time),
    Post,
}

#[derive(Clone, Copy, Debug)]
enum End {
    Close,
    Drop,
    Delete,
}

/// What a client does, and when.
#[derive(Debug)]
struct Schedule {
    actions: Vec<(Time, Action)>,
    end: Option<(Time, End)>,
}

/// What a client sees: its frames, and the time and code of the end.
#[derive(Debug, PartialEq)]
struct Lifetime {
    frames: Vec<(&'static str, Time)>,
    end: (Time, u16),
}

impl Schedule {
    fn random(rng: &mut Rng) -> Self {
        let longest = rng.choice([60, 200, 590, 700]).unwrap_or_default() * SECOND;
        let mut now = 0;
        let mut actions = Vec::new();
        for _ in 0..rng.usize(0..120) {
            now += rng.u64(1..longest);
            let message = Action::Message(rng.u64(0..40 * SECOND));
            let quick = Action::Message(0);
            let all_kinds =
                [Action::Ping, Action::Ping, Action::Pong, Action::Post, message, quick];
            actions.extend(rng.choice(all_kinds).map(|action| (now, action)));
        }
        let ends = [End::Close, End::Drop, End::Delete];
        let end = rng.choice(ends).filter(|_| rng.bool()).map(|end| (rng.u64(1..=now + IDLE), end));
        Self { actions, end }
    }

    /// The model. `None` when something happens so close to the end that either may come first.
    fn lifetime(&self) -> Option<Lifetime> {
        let stop = self.end.map_or(Time::MAX, |(at, _)| at);
        let mut frames = Vec::new();
        let mut messages = Vec::new();
        for (at, action) in self.actions.iter().filter(|(at, _)| *at < stop) {
            match action {
                Action::Ping | Action::Pong => {}
                Action::Post => frames.push(("post", *at)),
                Action::Message(takes) => {
                    messages.push(*at);
                    let timed_out = *takes >= INTEGRATION;
                    frames.push((
                        if timed_out { "timeout" } else { "reply" },
                        at + takes.min(&INTEGRATION),
                    ));
                }
            }
        }
        let mut active: Vec<_> = frames.iter().map(|(_, at)| *at).chain(messages).collect();
        active.sort_unstable();
        let mut idle = IDLE;
        for at in &active {
            if *at < idle {
                idle = at + IDLE;
            }
        }
        let due = idle.min(LIFETIME);
        let end = match self.end {
            Some((at, End::Close)) if at < due => (at, 1005),
            Some((at, End::Drop)) if at < due => (at, 1006),
            Some((at, End::Delete)) if at < due => (at, 1000),
            _ => (due, 1001),
        };
        let close = |at: &Time| at.abs_diff(end.0) <= 2 * TOLERANCE;
        if active.iter().any(close) || self.end.is_some_and(|(at, _)| at != end.0 && close(&at)) {
            return None;
        }
        frames.retain(|(_, at)| *at < end.0);
        frames.sort_unstable();
        Some(Lifetime { frames, end })
    }
}

/// The ends in the `$disconnect` events, by connection.
type Ends = Arc<Mutex<HashMap<String, Vec<(Instant, u16)>>>>;

fn gateway(ends: Ends) -> Arc<Gateway> {
    let routes = Routes::default().with_route("$disconnect", false).with_route("$default", true);
    let backend = move |payload: Bytes| {
        let event = Event::decode(payload).expect("an event");
        let ends = ends.clone();
        async move {
            if event.kind() == EventKind::Disconnect {
                let code = event.disconnect_code().expect("a code");
                let end = (Instant::now(), u16::try_from(code).expect("a close code"));
                let mut ends = ends.lock().expect("no panic");
                ends.entry(event.connection_id().to_owned()).or_default().push(end);
            } else {
                let takes: Time = serde_json::from_slice(event.body()).expect("milliseconds");
                sleep(Duration::from_millis(takes)).await;
            }
            Ok(Bytes::from_static(br#"{"statusCode":200,"body":"reply"}"#))
        }
    };
    Arc::new(Gateway::new(
        Settings { routes, ..Settings::default() },
        Some(Integration::new(backend)),
        0,
    ))
}

/// Runs a schedule and returns what the client saw.
async fn run(gateway: Arc<Gateway>, schedule: &Schedule, ends: &Ends) -> Lifetime {
    let (connection, outbox) = tests::connection(&gateway);
    gateway.connections.insert(connection.clone());
    let (near, far) = duplex(1024);
    let start = Instant::now();
    let lifetime = tokio::spawn({
        let (gateway, connection) = (gateway.clone(), connection.clone());
        async move { serve(&gateway, &connection, outbox, Some((near, Bytes::new()))).await }
    });
    let mut frames = Vec::new();
    let socket = WebSocketStream::from_raw_socket(far, Role::Client, None).await;
    let (mut sink, mut stream) = socket.split();
    let sending = async {
        let until = |at: Time| sleep_until(start + Duration::from_millis(at));
        let stop = schedule.end.map_or(Time::MAX, |(at, _)| at);
        for (at, action) in schedule.actions.iter().filter(|(at, _)| *at < stop) {
            until(*at).await;
            // A send after the end fails, which is correct.
            let _ = match action {
                Action::Ping => sink.send(Message::Ping("p".into())).await,
                Action::Pong => sink.send(Message::Pong("p".into())).await,
                Action::Message(takes) => sink.send(Message::text(takes.to_string())).await,
                Action::Post => {
                    let _ = connection.post("post".into());
                    Ok(())
                }
            };
        }
        if let Some((at, end)) = schedule.end {
            until(at).await;
            match end {
                End::Close => drop(sink.send(Message::Close(None)).await),
                End::Drop => return,
                End::Delete => drop(gateway.connections.close(connection.id)),
            }
        }
        std::future::pending().await
    };
    let receiving = async {
        while let Some(Ok(frame)) = stream.next().await {
            let Message::Text(text) = frame else { continue };
            let kind = match text.as_str() {
                "post" => "post",
                "reply" => "reply",
                text => {
                    let frame: Value = serde_json::from_str(text).expect("an error frame");
                    assert_eq!(frame["message"], json!("Endpoint request timed out"));
                    "timeout"
                }
            };
            frames.push((kind, since(start, Instant::now())));
        }
    };
    tokio::select! {
        () = sending => {}
        () = receiving => {}
    }
    drop((sink, stream));
    lifetime.await.expect("no panic");
    frames.sort_unstable();
    let reported =
        ends.lock().expect("no panic").remove(connection.id.as_str()).unwrap_or_default();
    let [(at, code)] = reported[..] else { panic!("$disconnect ran {} times", reported.len()) };
    Lifetime { frames, end: (since(start, at), code) }
}

fn since(start: Instant, at: Instant) -> Time {
    u64::try_from((at - start).as_millis()).expect("hours")
}

fn agree(seen: &Lifetime, expected: &Lifetime) -> bool {
    let near = |a: Time, b: Time| a.abs_diff(b) <= TOLERANCE;
    let pairs = || seen.frames.iter().zip(&expected.frames);
    seen.frames.len() == expected.frames.len()
        && pairs().all(|(a, b)| a.0 == b.0 && near(a.1, b.1))
        && near(seen.end.0, expected.end.0)
        && seen.end.1 == expected.end.1
}

#[tokio::test(start_paused = true)]
async fn every_timer_fires_when_the_model_says() {
    let ends = Ends::default();
    let gateway = gateway(ends.clone());
    let lifetimes = (0..CLIENTS).map(|seed| {
        let (gateway, ends) = (gateway.clone(), ends.clone());
        tokio::spawn(async move {
            let mut rng = Rng::with_seed(seed);
            let (schedule, expected) = std::iter::repeat_with(|| Schedule::random(&mut rng))
                .find_map(|schedule| schedule.lifetime().map(|lifetime| (schedule, lifetime)))
                .expect("a schedule");
            let seen = run(gateway, &schedule, &ends).await;
            assert!(agree(&seen, &expected), "{seed}: {schedule:?}\n{seen:?}\nnot {expected:?}");
            expected.end
        })
    });
    let mut idle = 0;
    let mut old = 0;
    for lifetime in lifetimes.collect::<Vec<_>>() {
        match lifetime.await.expect("as the model says") {
            (LIFETIME, _) => old += 1,
            (_, 1001) => idle += 1,
            _ => {}
        }
    }
    assert!(idle > 100 && old > 20, "{idle} idle and {old} old clients are too few");
    assert!(ends.lock().expect("no panic").is_empty(), "a $disconnect after the end");
}
