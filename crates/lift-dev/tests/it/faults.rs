//! `--faults`: an invalid plan is refused at once; with a mild plan the chat keeps working.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    fs,
    path::Path,
    time::Duration,
};

use futures_util::{SinkExt as _, StreamExt as _, future::join_all};
use serde_json::{Value, json};
use tokio::{
    net::TcpStream,
    time::{Instant, sleep, timeout_at},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message},
};

use crate::{app::App, command::Lift};

/// The longest time until a message or a list is complete despite the faults of the plan.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A message that did not arrive within this time is lost.
const LOST_AFTER: Duration = Duration::from_millis(1500);

#[test]
fn an_invalid_or_missing_plan_is_an_error() {
    let app = App::new(&[("src/main.rs", "this is not even compiled")]);
    let plan = app.path().join("plan.toml");
    fs::write(&plan, "[[fault]]\napi = 'dynamodb'\nkind = 'throttel'\n").expect("written");
    let args = [OsStr::new("--faults"), plan.as_os_str()];
    let ended = Lift::dev_with(app.path(), &args, &[]).ended();
    ended.failed_with(&[
        "plan.toml is not a fault plan: line 3: unknown variant `throttel`",
        "did you mean `throttle`?",
    ]);
    assert!(!app.path().join("target").exists(), "nothing was built");

    let args = [OsStr::new("--faults"), OsStr::new("nowhere.toml")];
    Lift::dev_with(app.path(), &args, &[])
        .ended()
        .failed_with(&["cannot read the fault plan nowhere.toml"]);
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

struct Client {
    socket: Socket,
    /// How often each text was received.
    received: BTreeMap<String, usize>,
    /// The members of the room, from the last message about them.
    members: BTreeSet<String>,
}

impl Client {
    /// Connects, and retries if a fault made the app refuse.
    async fn connect(url: &str) -> Self {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            match connect_async(url).await {
                Ok((socket, _)) => {
                    return Self { socket, received: BTreeMap::new(), members: BTreeSet::new() };
                }
                Err(Error::Http(response)) if response.status().is_server_error() => {}
                Err(other) => panic!("not accepted: {other}"),
            }
            assert!(Instant::now() < deadline, "never accepted");
            sleep(Duration::from_millis(100)).await;
        }
    }

    async fn send(&mut self, message: Value) {
        self.socket.send(Message::text(message.to_string())).await.expect("still connected");
    }

    /// Receives frames until `is_done` returns true, or until a message
    /// counts as lost.
    async fn listen_until(&mut self, is_done: impl Fn(&Self) -> bool) {
        let give_up = Instant::now() + LOST_AFTER;
        while !is_done(self)
            && let Ok(frame) = timeout_at(give_up, self.socket.next()).await
        {
            let frame = frame.expect("still connected").expect("a frame");
            let Message::Text(text) = frame else { continue };
            let frame: Value = serde_json::from_str(&text).expect("JSON");
            match frame["type"].as_str() {
                Some("message") => {
                    let text = frame["text"].as_str().expect("a text").to_owned();
                    *self.received.entry(text).or_default() += 1;
                }
                Some("members") => {
                    let users = frame["users"].as_array().expect("users").iter();
                    self.members = users.filter_map(Value::as_str).map(str::to_owned).collect();
                }
                _ => {}
            }
        }
    }
}

#[tokio::test]
async fn the_chat_works_with_a_mild_fault_plan() {
    let chat = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/chat");
    let plan = chat.join("faults.toml");
    let lift = Lift::dev_in_workspace(&chat, &[OsStr::new("--faults"), plan.as_os_str()]);
    let block = lift.ready();
    assert!(block.contains("\n  Faults      on, seed 7\n"), "{block}");
    let url = block.lines().find_map(|line| line.trim().strip_prefix("WebSocket "));
    let url = url.expect("a WebSocket URL").trim().to_owned();

    let names = ["ana", "bob", "eve", "joe"];
    let mut clients = Vec::new();
    for name in names {
        clients.push(Client::connect(&format!("{url}?name={name}&room=general")).await);
    }
    lift.wait_for_line(": index lag of ");

    // After some time, every client lists all others.
    let all: BTreeSet<String> = names.map(str::to_owned).into();
    let deadline = Instant::now() + TIMEOUT;
    for client in &mut clients {
        while client.members != all {
            assert!(Instant::now() < deadline, "only {:?} were found", client.members);
            client.send(json!({"action": "who"})).await;
            client.listen_until(|client| client.members == all).await;
        }
    }

    // A client that repeats a message until all have received it succeeds, but not at each attempt.
    const TEXTS: usize = 20;
    let mut sent = 0;
    for number in 0..TEXTS {
        let text = format!("text {number}");
        let deadline = Instant::now() + TIMEOUT;
        let mut times = 0;
        while clients.iter().any(|client| !client.received.contains_key(&text)) {
            assert!(Instant::now() < deadline, "{text} was sent {times} times and not received");
            times += 1;
            clients[number % names.len()].send(json!({"action": "say", "text": text})).await;
            let all = clients.iter_mut();
            join_all(
                all.map(|client| client.listen_until(|client| client.received.contains_key(&text))),
            )
            .await;
        }
        sent += times;
        // No client receives a message more often than it was sent.
        let max = clients.iter().filter_map(|client| client.received.get(&text)).max();
        assert!(max.is_none_or(|max| *max <= times), "{text}: {max:?} of {times}");
    }
    assert!(sent < 2 * TEXTS, "{TEXTS} texts had to be sent {sent} times");

    drop(clients);
    lift.signal("INT");
    let ended = lift.ended();
    assert!(ended.status.success(), "{}", ended.stderr);
    assert!(ended.stderr.contains(" faults, with seed 7"), "{}", ended.stderr);
    let lines = ended.stderr.lines().filter(|line| line.contains(" fault ")).count();
    assert!(lines > 20, "{}", ended.stderr);
}
