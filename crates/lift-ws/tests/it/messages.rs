//! Messages: the right handler runs, and each failure gives one error frame without internal text.

use std::{panic, sync::Arc};

use lift_ws::{
    Accept, App, Connection, Error, IntoError, Json, Publisher, Route, State, Text,
    event::Event,
    extract::{Attributes, StoredConnection},
    service::Invocation,
    store::StoreError,
    test::{Kit, Operation, RecordingStore},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Deserialize, Serialize)]
struct Order {
    item: Item,
}

#[derive(Deserialize, Serialize)]
struct Item {
    count: u32,
}

async fn frames_for(app: App, message: Value) -> Vec<Value> {
    let ana = Kit::new(app).connect("").await.unwrap();
    ana.send_json(&message).await;
    ana.received_json()
}

fn internal_error() -> Value {
    json!({"type": "error", "code": "internal_error", "message": "Internal error"})
}

#[tokio::test]
async fn messages_go_to_their_route_or_to_the_default_route() {
    let app = || {
        App::new()
            .route("say", async || "say")
            .with_route(Route::new("ask", async || "ask").two_way())
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
async fn messages_without_a_route_get_forbidden_from_the_gateway() {
    let frames =
        frames_for(App::new().route("say", async || "say"), json!({"action": "dance"})).await;
    assert_eq!(frames[0]["message"], "Forbidden");
}

#[tokio::test]
async fn invalid_messages_get_an_error_that_names_the_field() {
    let app = || App::new().route("order", async |Json(order): Json<Order>| Json(order));
    let fits = json!({"action": "order", "item": {"count": 3}});
    assert_eq!(frames_for(app(), fits).await, [json!({"item": {"count": 3}})]);
    for (message, error) in [
        (json!({"action": "order"}), "missing field `item`"),
        (json!({"action": "order", "item": {}}), "`item`: missing field `count`"),
        (
            json!({"action": "order", "item": {"count": "3"}}),
            "`item.count`: invalid type: string \"3\", expected u32",
        ),
    ] {
        let frame = json!({"type": "error", "code": "invalid_payload", "message": error});
        assert_eq!(frames_for(app(), message).await, [frame]);
    }
}

#[tokio::test]
async fn failed_messages_get_one_frame_without_internal_text() {
    type Fails = Result<(), Error>;
    let say = |app: App| frames_for(app, json!({"action": "say"}));
    let broken = async || -> Fails { Ok(Err(std::io::Error::other("SECRET path"))?) };
    assert_eq!(say(App::new().route("say", broken)).await, [internal_error()]);
    assert_eq!(
        say(App::new().with_route(Route::new("say", broken).two_way())).await,
        [internal_error()]
    );
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let panics = async || -> Fails { panic!("SECRET") };
    assert_eq!(say(App::new().route("say", panics)).await, [internal_error()]);
    panic::set_hook(hook);
    let refuses = async || -> Fails { Err(Error::new("too_late", "The shop is closed")) };
    let frame = json!({"type": "error", "code": "too_late", "message": "The shop is closed"});
    assert_eq!(say(App::new().route("say", refuses)).await, [frame]);
}

#[tokio::test]
async fn a_failing_store_gives_one_error_frame() {
    let store = RecordingStore::default();
    let app = App::new().connect(async || Accept::user("ana").tenant("general")).route(
        "say",
        async |publish: Publisher| -> Result<(), Error> {
            publish.own_tenant().text("hi").await?;
            Ok(())
        },
    );
    let ana = Kit::with_store(app, Arc::new(store.clone())).connect("").await.unwrap();
    store.set_fault(|_| Some(StoreError::failed("SECRET table")));
    ana.send(r#"{"action":"say"}"#).await;
    // The post to the sender was made before the list failed.
    let error = r#"{"type":"error","code":"internal_error","message":"Internal error"}"#;
    assert_eq!(ana.received(), ["hi", error]);
}

#[tokio::test(start_paused = true)]
async fn messages_that_take_too_long_get_one_frame_before_the_timeout() {
    let frames = frames_for(
        App::new().route("say", async || std::future::pending::<()>().await),
        json!({"action": "say"}),
    );
    assert_eq!(frames.await[0]["code"], "timeout");
}

#[tokio::test]
async fn messages_read_the_identity_at_most_once() {
    let store = RecordingStore::default();
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
    assert_eq!(store.operations(), [Operation::Save], "the process that saved it reads nothing");
}

#[tokio::test]
async fn messages_of_a_connection_without_a_row_are_refused() {
    let store = RecordingStore::default();
    let app = App::new().route("me", async |who: Connection| who.id().as_str().to_owned());
    let kit = Kit::with_store(app, Arc::new(store.clone()));
    let ana = kit.connect("").await.unwrap();
    kit.invoke(ana.disconnect_payload()).await.unwrap();
    ana.send(r#"{"action":"me"}"#).await;
    assert_eq!(ana.received_json()[0]["code"], "not_connected");
    let reads = [Operation::GetEventual, Operation::GetConsistent];
    assert_eq!(store.operations()[2..], reads, "after the save and the tombstone");
}

#[tokio::test]
async fn handlers_can_use_state_and_handle_rejections() {
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
async fn payloads_that_are_not_events_are_decode_errors() {
    let kit = Kit::new(App::new());
    for payload in ["", "{}", "null", "[]", r#"{"requestContext":{"eventType":"CONNECT"}}"#] {
        kit.invoke(payload).await.expect_err("is not an event");
    }
    let authorizer = include_str!("../../../lift-event/fixtures/authorizer-request.json");
    let error = kit.invoke(authorizer).await.expect_err("is an authorizer's event");
    assert_eq!(error.field(), "methodArn");
}

#[tokio::test]
async fn the_id_of_a_message_is_in_its_reply_and_error_frame() {
    let app = App::new()
        .correlate("id")
        .route("add", async || Json(json!({"sum": 3})))
        .route("empty", async || Json(json!({})))
        .route("text", async || "no object")
        .route("own", async || Json(json!({"id": "mine"})))
        .route("fail", async || Error::new("no", "No"));
    let ana = Kit::new(app).connect("").await.unwrap();
    for text in [
        r#"{"action":"add","id":7}"#,
        r#"{"id":{"a":"}"},"action":"empty"}"#,
        r#"{"action":"text","id":7}"#,
        r#"{"action":"own","id":7}"#,
        r#"{"action":"fail","id":"x"}"#,
        r#"{"action":"add"}"#,
    ] {
        ana.send(text).await;
    }
    let expected = [
        r#"{"id":7,"sum":3}"#,
        r#"{"id":{"a":"}"}}"#,
        "no object",
        r#"{"id":"mine"}"#,
        r#"{"id":"x","type":"error","code":"no","message":"No"}"#,
        r#"{"sum":3}"#,
    ];
    assert_eq!(ana.received(), expected);
}

#[tokio::test]
async fn apps_can_have_their_own_error_frame() {
    let app = App::new()
        .error_frame(|error| json!({"ok": false, "why": error.code()}))
        .route("fail", async || Error::new("no", "No"));
    let ana = Kit::new(app).connect("").await.unwrap();
    ana.send(r#"{"action":"fail"}"#).await;
    assert_eq!(ana.received_json(), [json!({"ok": false, "why": "no"})]);
}

#[tokio::test]
async fn sixty_four_concurrent_messages_get_one_reply_each() {
    let app = App::new()
        .connect(async || Accept::user("ana").tenant("general"))
        .two_way()
        .default_route(async |who: Connection, publish: Publisher, Text(text): Text| {
            tokio::task::yield_now().await;
            let report = publish.own_tenant().text(text.clone()).await?;
            assert_eq!((report.counts.sent, who.user().unwrap().as_str()), (1, "ana"));
            Ok::<_, Error>(format!("done {text}"))
        });
    let ana = Kit::new(app).connect("").await.unwrap();
    let sends = (0..64).map(|n| ana.send(n.to_string()));
    futures_util::future::join_all(sends).await;
    let mut received = ana.received();
    received.sort();
    let mut expected: Vec<String> =
        (0..64).flat_map(|n| [n.to_string(), format!("done {n}")]).collect();
    expected.sort();
    assert_eq!(received, expected);
}

#[tokio::test]
async fn an_anonymous_connection_can_sign_in_once() {
    let sign_in = async |connection: StoredConnection, Text(text): Text| -> Result<(), Error> {
        let user = text.split('"').nth(7).unwrap().to_owned();
        connection.sign_in(user, Some("general".into())).await
    };
    let me = async |who: Connection| who.user().map_or("anonymous".into(), ToString::to_string);
    let kit = Kit::new(App::new().route("sign_in", sign_in).route("me", me));
    let ana = kit.connect("").await.unwrap();
    ana.send(r#"{"action":"me"}"#).await;
    ana.send(r#"{"action":"sign_in","user":"ana"}"#).await;
    ana.send(r#"{"action":"me"}"#).await;
    assert_eq!(ana.received(), ["anonymous", "ana"]);
    ana.send(r#"{"action":"sign_in","user":"eve"}"#).await;
    assert_eq!(ana.received_json()[0]["code"], "already_signed_in");
}

#[tokio::test]
async fn set_attributes_changes_a_row_but_does_not_recreate_one() {
    let set = async |connection: StoredConnection| connection.set_attributes("new").await;
    let get = async |Attributes(text): Attributes<String>| text;
    let app = App::new()
        .connect(async || Accept::user("ana").attributes("old"))
        .route("set", set)
        .route("get", get);
    let kit = Kit::new(app);
    let ana = kit.connect("").await.unwrap();
    for action in ["get", "set", "get"] {
        ana.send_json(&json!({"action": action})).await;
    }
    assert_eq!(ana.received(), ["old", "new"]);
    kit.invoke(ana.disconnect_payload()).await.unwrap();
    ana.send(r#"{"action":"set"}"#).await;
    assert_eq!(ana.received_json()[0]["code"], "not_connected");
}

#[tokio::test]
async fn map_error_maps_an_error_type_to_error_frames() {
    let io = |kind: std::io::ErrorKind| {
        move || async move { Err::<(), Error>(std::io::Error::from(kind).into()) }
    };
    let app = App::new()
        .route("gone", io(std::io::ErrorKind::NotFound))
        .route("broken", io(std::io::ErrorKind::BrokenPipe))
        .map_error(|error: &std::io::Error| match error.kind() {
            std::io::ErrorKind::NotFound => Some(Error::new("not_found", "There is none")),
            _ => None,
        });
    let ana = Kit::new(app).connect("").await.unwrap();
    ana.send(r#"{"action":"gone"}"#).await;
    ana.send(r#"{"action":"broken"}"#).await;
    let codes: Vec<Value> = ana.received_json().iter().map(|frame| frame["code"].clone()).collect();
    assert_eq!(codes, ["not_found", "internal_error"]);
}

/// An error enum with thiserror. `?` converts it into Lift's `Error` as any standard error, without `IntoError`.
#[derive(Debug, thiserror::Error)]
enum ShopError {
    #[error("SECRET shelf")]
    SoldOut,
    #[error("SECRET till")]
    Till(#[from] std::io::Error),
}

impl IntoError for ShopError {
    fn into_error(self) -> Error {
        match self {
            Self::SoldOut => Error::new("sold_out", "Nothing is left").with_status(409),
            Self::Till(_) => Error::internal(self),
        }
    }
}

#[tokio::test]
async fn error_enums_with_into_error_define_their_error_frames() {
    fn till() -> std::io::Result<()> {
        Err(std::io::Error::other("SECRET key"))
    }
    let app = App::new()
        .route("buy", async || Err::<(), _>(ShopError::SoldOut))
        .route("pay", async || -> Result<(), ShopError> { Ok(till()?) })
        .route("forgotten", async || -> Result<(), Error> { Err(ShopError::SoldOut)? })
        .route("named", async || -> Result<(), Error> {
            "SECRET".parse::<u8>().map_err(|_| ShopError::SoldOut.into_error())?;
            Ok(())
        });
    let ana = Kit::new(app).connect("").await.unwrap();
    for action in ["buy", "pay", "forgotten", "named"] {
        ana.send(format!(r#"{{"action":"{action}"}}"#)).await;
    }
    let sold_out = json!({"type": "error", "code": "sold_out", "message": "Nothing is left"});
    let expected = [sold_out.clone(), internal_error(), internal_error(), sold_out];
    assert_eq!(ana.received_json(), expected);
    let connect = async || Err::<Accept, _>(ShopError::SoldOut);
    let refused = Kit::new(App::new().connect(connect)).connect("").await.unwrap_err();
    assert_eq!(refused.status, 409);
}

#[tokio::test]
async fn a_keepalive_message_gets_a_pong() {
    let ana = Kit::new(App::new().keepalive("ping")).connect("").await.unwrap();
    ana.send(r#"{"action":"ping"}"#).await;
    assert_eq!(ana.received(), [r#"{"type":"pong"}"#]);
}

#[tokio::test(start_paused = true)]
async fn handlers_are_stopped_before_api_gateways_timeout_with_any_lambda_deadline() {
    let hangs = App::new().default_route(async || std::future::pending::<()>().await);
    let service = hangs.into_service(
        Arc::new(lift_ws::store::MemoryStore::new()),
        Arc::new(lift_ws::test::RecordingPush::new()),
    );
    let payload = include_str!("../../../lift-event/fixtures/message-default-plain-text.json");
    let start = tokio::time::Instant::now();
    let deadline = start + std::time::Duration::from_secs(900);
    service.call(Invocation::new(payload, deadline)).await.unwrap();
    assert!(start.elapsed() < std::time::Duration::from_secs(29));
}

#[tokio::test]
async fn a_reply_that_is_too_large_gives_an_error_frame() {
    let app = App::new().default_route(async || "x".repeat(131_073));
    let ana = Kit::new(app).connect("").await.unwrap();
    ana.send("go").await;
    assert_eq!(ana.received_json(), [internal_error()]);
}

#[tokio::test]
async fn only_a_marked_reply_says_that_it_means_an_error() {
    let app = App::new()
        .error_frame(|error| format!("({})", error.code()))
        .route("bid", async || Err::<(), _>(Error::new("too_low", "Bid more")))
        .with_route(Route::new("buy", async || Err::<(), _>(Error::internal("no disk"))).two_way())
        .default_route(async || "hi");
    let service = app.into_service(
        Arc::new(lift_ws::store::MemoryStore::new()),
        Arc::new(lift_ws::test::RecordingPush::new()),
    );
    let event = include_str!("../../../lift-event/fixtures/message-default-plain-text.json");
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(29);
    let reply = async |key: &str, marked| {
        let event = event.replace("$default", key);
        let invocation = Invocation::new(event, deadline);
        let reply = match marked {
            true => service.call_marked(invocation).await,
            false => service.call(invocation).await,
        };
        String::from_utf8(reply.unwrap()).unwrap()
    };
    let too_low = r#"{"code":"too_low","message":"Bid more","internal":false}"#;
    let marked = format!(r#"{{"liftError":{too_low},"statusCode":200}}"#);
    assert_eq!(reply("bid", true).await, marked);
    assert_eq!(reply("bid", false).await, r#"{"statusCode":200}"#);
    let internal = r#"{"code":"internal_error","message":"Internal error","internal":true}"#;
    let body = r#""statusCode":200,"body":"\"(internal_error)\""}"#;
    assert_eq!(reply("buy", true).await, format!(r#"{{"liftError":{internal},{body}"#));
    assert_eq!(reply("buy", false).await, format!("{{{body}"));
    assert_eq!(reply("$default", true).await, reply("$default", false).await);
}
