//! State that is made before the first event, and the handler of events that belong to no connection.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use lift_ws::{
    Accept, App, Error, GlobalPublisher, Json, Query, State,
    extract::Deadline,
    service::Invocation,
    store::MemoryStore,
    test::{Kit, RecordingPush},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::Instant;

/// An app that greets with a word; the word is made by `make`.
fn greeter<F>(make: impl FnOnce() -> F + Send + 'static) -> App<String>
where
    F: Future<Output = anyhow::Result<String>> + Send + 'static,
{
    App::with_state_from(make)
        .connect(async |State(word): State<String>| Accept::user(word))
        .route("greet", async |State(word): State<String>| word)
}

#[tokio::test]
async fn the_state_is_made_once_before_the_first_event_and_not_for_the_description() {
    let made = Arc::new(AtomicUsize::new(0));
    let count = made.clone();
    let app = greeter(async move || {
        tokio::task::yield_now().await;
        Ok(format!("hello {}", count.fetch_add(1, Ordering::SeqCst)))
    });
    assert_eq!(app.describe().routes.len(), 3);
    let kit = Kit::new(app);
    assert_eq!(made.load(Ordering::SeqCst), 0);
    let (ana, bob) = tokio::join!(kit.connect(""), kit.connect(""));
    for client in [ana.unwrap(), bob.unwrap()] {
        client.send(r#"{"action":"greet"}"#).await;
        assert_eq!(client.received(), ["hello 0"]);
    }
    assert_eq!(made.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn each_merged_app_has_its_own_late_state() {
    let order = Arc::new(Mutex::new(Vec::new()));
    let make = |name: &'static str| {
        let order = order.clone();
        async move || {
            order.lock().unwrap().push(name);
            Ok::<_, Error>(name)
        }
    };
    let inner = App::with_state_from(make("inner"))
        .route("inner", async |State(name): State<&'static str>| name);
    let shop = App::with_state_from(make("shop"))
        .route("shop", async |State(name): State<&'static str>| name)
        .merge(inner);
    let fixed = App::with_state(7_u8).route("fixed", async |State(n): State<u8>| n.to_string());
    let kit = Kit::new(App::with_state_from(make("outer")).merge(shop).merge(fixed));
    let ana = kit.connect("").await.unwrap();
    for (route, reply) in [("shop", "shop"), ("inner", "inner"), ("fixed", "7")] {
        ana.send_json(&json!({"action": route})).await;
        assert_eq!(ana.received(), [reply]);
    }
    assert_eq!(*order.lock().unwrap(), ["inner", "shop", "outer"]);
}

#[tokio::test]
#[should_panic(expected = "the app's state could not be made: reading the secret: no access")]
async fn a_kit_panics_when_the_state_cannot_be_made() {
    let app = greeter(async || Err(anyhow::anyhow!("no access").context("reading the secret")));
    drop(Kit::new(app).connect("").await);
}

#[tokio::test]
async fn a_service_fails_to_start_and_answers_errors_without_its_state() {
    let app = greeter(async || Err(anyhow::anyhow!("no access")));
    let service = app.into_service(Arc::new(MemoryStore::new()), Arc::new(RecordingPush::new()));
    for _ in 0..2 {
        let error = service.start().await.unwrap_err();
        assert_eq!(format!("{error:?}"), "the app's state could not be made: no access");
    }
    let event = include_str!("../../../lift-event/fixtures/connect-2020-style-nulls.json");
    let reply = service.call(Invocation::new(event, Instant::now())).await.unwrap();
    assert!(String::from_utf8(reply).unwrap().contains(r#""statusCode":500"#));
}

#[tokio::test]
async fn a_test_replaces_the_state() {
    let app = greeter(async || panic!("not for this test")).replace_state("hi".to_owned());
    let ana = Kit::new(app).connect("").await.unwrap();
    ana.send(r#"{"action":"greet"}"#).await;
    assert_eq!(ana.received(), ["hi"]);
}

#[tokio::test]
async fn handlers_may_capture_what_can_be_cloned() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let of_route = seen.clone();
    let of_other = seen.clone();
    let app = App::new()
        .route("see", async move || of_route.lock().unwrap().push("route"))
        .other_events(async move |_: Value| of_other.lock().unwrap().push("other"));
    let kit = Kit::new(app);
    let ana = kit.connect("").await.unwrap();
    ana.send(r#"{"action":"see"}"#).await;
    assert_eq!(kit.invoke_other(&json!({})).await.unwrap(), Value::Null);
    assert_eq!(*seen.lock().unwrap(), ["route", "other"]);
}

#[derive(Deserialize)]
struct Close {
    at: String,
}

#[derive(Serialize)]
struct Closed {
    sent: u64,
}

#[tokio::test]
async fn other_events_have_the_state_and_a_publisher() {
    async fn close(
        deadline: Deadline,
        publisher: GlobalPublisher,
        State(shop): State<&'static str>,
        Json(Close { at }): Json<Close>,
    ) -> anyhow::Result<Json<Closed>> {
        anyhow::ensure!(!at.is_empty(), "when?");
        assert!(deadline.left().as_secs() > 20);
        let report = publisher.tenant(shop).text(at).await?;
        Ok(Json(Closed { sent: report.counts.sent }))
    }
    #[derive(Deserialize)]
    struct Shop {
        shop: String,
    }
    let connect = async |Query(Shop { shop }): Query<Shop>| Accept::user("ana").tenant(shop);
    let shop = App::with_state_from(async || Ok::<_, Error>("lotus")).other_events(close);
    let kit = Kit::new(App::new().connect(connect).merge(shop));
    let ana = kit.connect("shop=lotus").await.unwrap();
    let bob = kit.connect("shop=thai").await.unwrap();
    assert_eq!(kit.invoke_other(&json!({"at": "ten"})).await.unwrap(), json!({"sent": 1}));
    assert_eq!((ana.received(), bob.received()), (vec!["ten".to_owned()], Vec::new()));
    for (event, error) in [
        (json!({"at": ""}), "when?"),
        (json!({"at": 5}), "the event does not fit the handler's type: at: invalid type: integer"),
    ] {
        let failed = kit.invoke_other(&event).await.unwrap_err().to_string();
        assert!(failed.starts_with(error), "{failed}");
    }
}

#[tokio::test]
async fn an_app_without_the_handler_says_so() {
    let error = Kit::new(App::new()).invoke_other(&json!({})).await.unwrap_err();
    assert_eq!(error.to_string(), "the app has no handler for events without a connection");
}

#[test]
#[should_panic(expected = "`other_events` has two handlers")]
fn two_handlers_of_other_events() {
    let other = || App::new().other_events(async |_: Value| ());
    drop(other().merge(other()));
}
