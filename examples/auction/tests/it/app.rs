//! What each client receives. The prices are in memory, so that a test takes milliseconds.

use std::sync::Arc;

use auction::{MemoryPrices, Prices as _, announce_end};
use lift_ws::{
    App, GlobalPublisher,
    store::MemoryStore,
    test::{Client, Kit},
};
use serde_json::{Value, json};

/// The app with the prices of the test, and the store of its connections.
fn kit(prices: &MemoryPrices) -> (Kit, MemoryStore) {
    let store = MemoryStore::default();
    let app = auction::routes(App::with_state(prices.clone()));
    (Kit::with_store(app, Arc::new(store.clone())), store)
}

async fn send(client: &Client, message: Value) -> Vec<Value> {
    client.send_json(&message).await;
    client.received_json()
}

fn lot(price: u64, bidder: &str) -> Value {
    json!({"item": "vase", "price": price, "bidder": bidder, "closed": false})
}

#[tokio::test]
async fn a_bid_reaches_the_watchers_of_the_item() {
    let (kit, _) = kit(&MemoryPrices::default());
    let ana = kit.connect("token=demo-ana").await.expect("is let in");
    let bob = kit.connect("token=demo-bob").await.expect("is let in");
    let eve = kit.connect("token=demo-eve").await.expect("is let in");

    let joined = send(&ana, json!({"action": "join", "item": "vase"})).await;
    assert_eq!(joined, [json!({"type": "item", "item": "vase", "lot": null, "watchers": 1})]);
    send(&bob, json!({"action": "join", "item": "vase"})).await;
    send(&eve, json!({"action": "join", "item": "chair"})).await;

    let bid = send(&ana, json!({"action": "bid", "item": "vase", "price": 100})).await;
    assert_eq!(bid, [json!({"type": "bid", "lot": lot(100, "ana")})]);
    assert_eq!(bob.received_json(), bid);
    assert!(eve.received_json().is_empty());

    let low = send(&bob, json!({"action": "bid", "item": "vase", "price": 100})).await;
    assert_eq!((&low[0]["code"], low.len()), (&json!("too_low"), 1));
    let leading = send(&ana, json!({"action": "leading"})).await;
    assert_eq!(leading, [json!({"type": "leading", "lots": [lot(100, "ana")]})]);

    send(&bob, json!({"action": "leave", "item": "vase"})).await;
    send(&ana, json!({"action": "bid", "item": "vase", "price": 101})).await;
    assert!(bob.received_json().is_empty());
}

#[tokio::test]
async fn a_bidder_is_answered_although_the_list_of_watchers_lags() {
    let (kit, store) = kit(&MemoryPrices::default());
    let ana = kit.connect("token=demo-ana").await.expect("is let in");
    store.set_lists_lag(true);
    let joined = send(&ana, json!({"action": "join", "item": "vase"})).await;
    assert_eq!(joined[0]["watchers"], 0);
    let bid = send(&ana, json!({"action": "bid", "item": "vase", "price": 100})).await;
    assert_eq!(bid, [json!({"type": "bid", "lot": lot(100, "ana")})]);
}

#[tokio::test]
async fn an_auction_is_ended_from_outside() {
    let prices = MemoryPrices::default();
    let (kit, store) = kit(&prices);
    let ana = kit.connect("token=demo-ana").await.expect("is let in");
    send(&ana, json!({"action": "join", "item": "vase"})).await;
    send(&ana, json!({"action": "bid", "item": "vase", "price": 100})).await;

    let lot = prices.close("vase").await.expect("closed").expect("a bid");
    let publish = GlobalPublisher::new(Arc::new(store), Arc::new(kit.push().clone()));
    assert_eq!(announce_end(&publish, lot).await.expect("sent"), 1);
    let closed = ana.received_json();
    assert_eq!(
        (&closed[0]["type"], &closed[0]["lot"]["bidder"]),
        (&json!("closed"), &json!("ana"))
    );

    let late = send(&ana, json!({"action": "bid", "item": "vase", "price": 200})).await;
    assert_eq!(late[0]["code"], "closed");
}

#[tokio::test]
async fn a_client_needs_a_token() {
    let (kit, _) = kit(&MemoryPrices::default());
    for query in ["token=demo-", "token=ana"] {
        assert_eq!(kit.connect(query).await.expect_err("is refused").status, 401);
    }
}
