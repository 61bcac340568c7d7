//! What each client hears, in which room.

use std::sync::Arc;

use lift_ws::test::{Client, Kit, RecordingStore};
use serde_json::{Value, json};

async fn send(client: &Client, message: Value) {
    client.send_json(&message).await;
}

fn texts(client: &Client) -> Vec<String> {
    let text = |frame: Value| match frame["type"].as_str() {
        Some("error") => format!("error {}", frame["code"]).replace('"', ""),
        Some("rooms") => format!("rooms {}", frame["rooms"]),
        Some("message") => format!("{}: {}", frame["room"], frame["text"]).replace('"', ""),
        Some(other) => format!("{}: {} {other}", frame["room"], frame["user"]).replace('"', ""),
        None => frame.to_string(),
    };
    client.received_json().into_iter().map(text).collect()
}

#[tokio::test]
async fn one_hears_the_rooms_that_one_is_in() {
    let kit = Kit::new(rooms::app());
    let [ana, bob, eve] = ["ana", "bob", "eve"].map(|name| format!("name={name}"));
    let ana = kit.connect(&ana).await.expect("is let in");
    let bob = kit.connect(&bob).await.expect("is let in");
    let eve = kit.connect(&eve).await.expect("is let in");
    send(&ana, json!({"action": "join", "room": "tea"})).await;
    send(&bob, json!({"action": "join", "room": "tea"})).await;
    send(&bob, json!({"action": "join", "room": "coffee"})).await;
    send(&eve, json!({"action": "join", "room": "coffee"})).await;
    assert_eq!(texts(&ana), ["tea: ana joined", "tea: bob joined"]);
    assert_eq!(texts(&bob), ["tea: bob joined", "coffee: bob joined", "coffee: eve joined"]);
    assert_eq!(texts(&eve), ["coffee: eve joined"]);

    send(&ana, json!({"action": "say", "room": "tea", "text": "milk?"})).await;
    send(&ana, json!({"action": "say", "room": "coffee", "text": "let me in"})).await;
    assert_eq!(texts(&ana), ["tea: milk?", "error not_in_room"]);
    assert_eq!(texts(&bob), ["tea: milk?"]);
    assert_eq!(texts(&eve), Vec::<String>::new());

    send(&bob, json!({"action": "rooms"})).await;
    send(&bob, json!({"action": "leave", "room": "tea"})).await;
    send(&ana, json!({"action": "say", "room": "tea", "text": "alone"})).await;
    assert_eq!(texts(&bob), [r#"rooms ["coffee","tea"]"#, "tea: bob left"]);
    assert_eq!(texts(&ana), ["tea: bob left", "tea: alone"]);

    bob.close().await;
    assert_eq!(texts(&eve), ["coffee: bob left"], "who ends leaves all its rooms");
    assert_eq!(texts(&ana), Vec::<String>::new());
}

#[tokio::test]
async fn the_sender_hears_itself_although_lists_lag() {
    let store = RecordingStore::default();
    let kit = Kit::with_store(rooms::app(), Arc::new(store.clone()));
    let ana = kit.connect("name=ana").await.expect("is let in");
    store.set_lists_lag(true);
    send(&ana, json!({"action": "join", "room": "tea"})).await;
    assert_eq!(texts(&ana), ["tea: ana joined"]);
}

#[tokio::test]
async fn rooms_have_limits() {
    let kit = Kit::new(rooms::app());
    let ana = kit.connect("name=ana").await.expect("is let in");
    for room in ["", &"r".repeat(65)] {
        send(&ana, json!({"action": "join", "room": room})).await;
        assert_eq!(texts(&ana), ["error bad_room"]);
    }
    for n in 0..20 {
        send(&ana, json!({"action": "join", "room": n.to_string()})).await;
    }
    assert_eq!(texts(&ana).len(), 20);
    send(&ana, json!({"action": "join", "room": "one more"})).await;
    send(&ana, json!({"action": "join", "room": "7"})).await;
    assert_eq!(texts(&ana), ["error too_many_rooms", "7: ana joined"]);
}
