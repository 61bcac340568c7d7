//! The chat's scenario over real sockets and with real processes: every client receives the
//! same frames as in memory, where `examples/chat` runs the same file.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message},
};

use crate::command::Lift;

const TIMEOUT: Duration = Duration::from_secs(20);

struct Client(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Client {
    async fn send(&mut self, text: String) {
        self.0.send(Message::text(text)).await.expect("the connection is open");
    }

    async fn next(&mut self) -> Value {
        loop {
            let message =
                timeout(TIMEOUT, self.0.next()).await.expect("a frame within the timeout");
            match message.expect("the connection is open").expect("a frame") {
                Message::Text(text) => return serde_json::from_str(&text).expect("JSON"),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("not a text frame: {other:?}"),
            }
        }
    }

    /// Receives the expected number of frames, and all further frames before the pong.
    async fn receive(&mut self, expected: usize) -> Vec<Value> {
        let mut received = Vec::new();
        for _ in 0..expected {
            received.push(without_time(self.next().await));
        }
        // The pong shows that no other frame is in flight to this client.
        self.send(json!({"action": "ping"}).to_string()).await;
        loop {
            match without_time(self.next().await) {
                pong if pong == json!({"type": "pong"}) => return received,
                other => received.push(other),
            }
        }
    }
}

fn without_time(mut frame: Value) -> Value {
    if let Some(at) = frame.get_mut("at") {
        assert!(at.as_u64().is_some_and(|at| at > 1_700_000_000_000), "`at` is in milliseconds");
        *at = 0.into();
    }
    frame
}

#[tokio::test]
async fn each_step_gives_the_expected_frames() {
    let lift = Lift::dev_in_workspace::<&str>(&chat(), &[]);
    run_scenario(&lift.ready()).await;
}

/// The folder of the chat.
pub(crate) fn chat() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/chat")
}

/// The value of a line of the ready block.
pub(crate) fn value<'a>(block: &'a str, name: &str) -> &'a str {
    let line = block.lines().find(|line| line.trim_start().starts_with(name)).expect(name);
    line.split_whitespace().nth(1).expect("a value")
}

/// Runs the scenario against the gateway of a ready block.
pub(crate) async fn run_scenario(block: &str) {
    let scenario = std::fs::read(chat().join("tests/scenario.json")).expect("the scenario");
    let steps: Vec<Value> = serde_json::from_slice(&scenario).expect("JSON");
    let url = value(block, "WebSocket");
    let mut clients: BTreeMap<String, Client> = BTreeMap::new();
    for step in &steps {
        let name = |key: &str| step[key].as_str().map(str::to_owned);
        if let Some(client) = name("connect") {
            let query = step["query"].as_str().expect("a query");
            let (socket, _) = connect_async(format!("{url}?{query}")).await.expect("accepted");
            clients.insert(client, Client(socket));
        } else if let Some(query) = name("refuse") {
            match connect_async(format!("{url}?{query}")).await {
                Err(Error::Http(response)) => {
                    assert_eq!(step["status"], response.status().as_u16())
                }
                other => panic!("not refused: {other:?} by {step}"),
            }
        } else if let Some(client) = name("send") {
            let text = step["raw"].as_str().map_or_else(|| step["text"].to_string(), str::to_owned);
            clients.get_mut(&client).expect("is connected").send(text).await;
        } else if let Some(client) = name("close") {
            clients.remove(&client).expect("is connected").0.close(None).await.expect("closes");
        } else {
            panic!("not a step: {step}");
        }
        for (client, connection) in &mut clients {
            let expected = step["then"][client].as_array().cloned().unwrap_or_default();
            let received = connection.receive(expected.len()).await;
            assert_eq!(received, expected, "the frames that {client} received after {step}");
        }
    }
}
