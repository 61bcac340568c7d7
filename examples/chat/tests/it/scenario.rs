//! Plays `scenario.json` through the test kit. `lift dev` is tested with the same file.

use std::collections::BTreeMap;

use lift_ws::test::{Client, Kit};
use serde_json::Value;

#[tokio::test]
async fn each_step_gives_the_expected_frames() {
    let steps: Vec<Value> =
        serde_json::from_str(include_str!("../scenario.json")).expect("the scenario is JSON");
    let kit = Kit::new(chat::app());
    let mut clients: BTreeMap<String, Client> = BTreeMap::new();
    for step in &steps {
        let name = |key: &str| step[key].as_str().map(str::to_owned);
        if let Some(client) = name("connect") {
            let query = step["query"].as_str().expect("a query");
            clients.insert(client, kit.connect(query).await.expect("is let in"));
        } else if let Some(query) = name("refuse") {
            let refused = kit.connect(&query).await.expect_err("is refused");
            assert_eq!(step["status"], refused.status, "{step}");
        } else if let Some(client) = name("send") {
            let text = step["raw"].as_str().map_or_else(|| step["text"].to_string(), str::to_owned);
            clients[&client].send(text).await;
        } else if let Some(client) = name("close") {
            clients.remove(&client).expect("is connected").close().await;
        } else {
            panic!("not a step: {step}");
        }
        for (client, connection) in &clients {
            let received: Vec<Value> =
                connection.received_json().into_iter().map(undated).collect();
            let expected = step["then"][client].as_array().cloned().unwrap_or_default();
            assert_eq!(received, expected, "what {client} received after {step}");
        }
    }
}

/// A frame without its time.
fn undated(mut frame: Value) -> Value {
    if let Some(at) = frame.get_mut("at") {
        assert!(at.as_u64().is_some_and(|at| at > 1_700_000_000_000), "`at` is in milliseconds");
        *at = 0.into();
    }
    frame
}
