//! Messages: the right handler, one frame for each failure, nothing of its inside in it.

use std::{
    panic,
    sync::{Arc, atomic::Ordering},
};

use lift_ws::{
    Accept, App, Connection, Error, Json, Publisher, State, Text, event::Event, test::Kit,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::stores::Watched;

#[derive(Deserialize, Serialize)]
struct Order {
    item: Item,
}

#[derive(Deserialize, Serialize)]
struct Item {
    count: u32,
}

async fn one(app: App, message: Value) -> Vec<Value> {
    let ana = Kit::new(app).connect("").await.unwrap();
    ana.send_json(&message).await;
    ana.received_json()
}

fn internal_error() -> Value {
    json!({"type": "error", "code": "internal_error", "message": "Internal error"})
}

#[tokio::test]
async fn go_to_their_route_else_to_the_default() {
    let app = || {
        App::new()
            .route("say", async || "say")
            .two_way_route("ask", async || "ask")
            .default_route(async |event: Event| event.route_key().to_owned())
    };
    let kit = Kit::new(app());
    let ana = kit.connect("").await.unwrap();
    for text in [r#"{"action":"say"}"#, r#"{"action":"ask"}"#, r#"{"action":"$connect"}"#, "hello"]
    {
        ana.send(text).await;
    }
    assert_eq!(ana.received(), ["say", "ask", "$default", "$default"]);
}

#[tokio::test]
async fn without_a_route_are_forbidden_by_the_gateway() {
    let frames = one(App::new().route("say", async || "say"), json!({"action": "dance"})).await;
    assert_eq!(frames[0]["message"], "Forbidden");
}

#[tokio::test]
async fn that_do_not_fit_name_the_field() {
    let app = || App::new().route("order", async |Json(order): Json<Order>| Json(order));
    let fits = json!({"action": "order", "item": {"count": 3}});
    assert_eq!(one(app(), fits).await, [json!({"item": {"count": 3}})]);
    for (message, fault) in [
        (json!({"action": "order"}), "missing field `item`"),
        (json!({"action": "order", "item": {}}), "`item`: missing field `count`"),
        (
            json!({"action": "order", "item": {"count": "3"}}),
            "`item.count`: invalid type: string \"3\", expected u32",
        ),
    ] {
        let frame = json!({"type": "error", "code": "invalid_payload", "message": fault});
        assert_eq!(one(app(), message).await, [frame]);
    }
}

#[tokio::test]
async fn that_fail_bring_one_frame_without_inner_text() {
    type Fails = Result<(), Error>;
    let say = |app: App| one(app, json!({"action": "say"}));
    let broken = async || -> Fails { Ok(Err(std::io::Error::other("SECRET path"))?) };
    assert_eq!(say(App::new().route("say", broken)).await, [internal_error()]);
    assert_eq!(say(App::new().two_way_route("say", broken)).await, [internal_error()]);
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let panics = async || -> Fails { panic!("SECRET") };
    assert_eq!(say(App::new().route("say", panics)).await, [internal_error()]);
    panic::set_hook(hook);
    let told = async || -> Fails { Err(Error::new("too_late", "The shop is closed")) };
    let frame = json!({"type": "error", "code": "too_late", "message": "The shop is closed"});
    assert_eq!(say(App::new().route("say", told)).await, [frame]);
}

#[tokio::test]
async fn that_meet_a_failing_store_bring_one_frame() {
    let store = Watched::default();
    let app = App::new().connect(async || Accept::anonymous().tenant("general")).route(
        "say",
        async |publish: Publisher| -> Result<(), Error> {
            let _ = publish.own_tenant().text("hi").await?;
            Ok(())
        },
    );
    let ana = Kit::with_store(app, Arc::new(store.clone())).connect("").await.unwrap();
    store.fails.store(true, Ordering::Relaxed);
    ana.send(r#"{"action":"say"}"#).await;
    // The sender's own copy went out before the list failed.
    let error = r#"{"type":"error","code":"internal_error","message":"Internal error"}"#;
    assert_eq!(ana.received(), ["hi", error]);
}

#[tokio::test(start_paused = true)]
async fn that_take_too_long_bring_one_frame_in_time() {
    let frames = one(
        App::new().route("say", async || std::future::pending::<()>().await),
        json!({"action": "say"}),
    );
    assert_eq!(frames.await[0]["code"], "timeout");
}

#[tokio::test]
async fn read_their_identity_at_most_once() {
    let store = Watched::default();
    let app = || {
        App::new()
            .connect(async || Accept::user("ana").tenant("general"))
            .route("me", async |who: Connection| who.user().unwrap().as_str().to_owned())
    };
    let warm = Kit::with_store(app(), Arc::new(store.clone()));
    let ana = warm.connect("").await.unwrap();
    for _ in 0..3 {
        ana.send(r#"{"action":"me"}"#).await;
    }
    assert_eq!(ana.received(), ["ana", "ana", "ana"]);
    assert_eq!(store.gets.load(Ordering::Relaxed), 0, "this process saved it itself");
}

#[tokio::test]
async fn of_a_connection_that_is_not_stored_are_refused() {
    let store = Watched::default();
    let app = App::new().route("me", async |who: Connection| who.id().as_str().to_owned());
    let kit = Kit::with_store(app, Arc::new(store.clone()));
    let ana = kit.connect("").await.unwrap();
    kit.invoke(ana.disconnect_payload()).await.unwrap();
    ana.send(r#"{"action":"me"}"#).await;
    assert_eq!(ana.received_json()[0]["code"], "not_connected");
    assert_eq!(store.gets.load(Ordering::Relaxed), 2, "once eventually, once consistently");
}

#[tokio::test]
async fn reach_state_and_decide_about_rejections_themselves() {
    let handler = async |State(greeting): State<&'static str>,
                         order: Result<Json<Order>, Error>,
                         Text(text): Text| {
        format!("{greeting} {} {}", order.is_err(), text.len())
    };
    let kit = Kit::new(App::with_state("hi").default_route(handler));
    let ana = kit.connect("").await.unwrap();
    ana.send("four").await;
    assert_eq!(ana.received(), ["hi true 4"]);
}

#[tokio::test]
async fn that_are_no_events_are_decode_errors() {
    let kit = Kit::new(App::new());
    for payload in ["", "{}", "null", "[]", r#"{"requestContext":{"eventType":"CONNECT"}}"#] {
        kit.invoke(payload).await.expect_err("is not an event");
    }
    let authorizer = include_str!("../../../lift-event/fixtures/authorizer-request.json");
    let error = kit.invoke(authorizer).await.expect_err("is an authorizer's event");
    assert_eq!(error.field(), "methodArn");
}
