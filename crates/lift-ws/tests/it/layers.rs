//! Layers: they wrap all routes, outermost first, also routes that were added later.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use lift_ws::{
    Accept, App, Call, Connection, Error, Headers, Json, Query, Route, State, Text, UserId, Valid,
    event::Reply,
    extract::{Authorizer, Bytes, Disconnected, RequestInfo, Subprotocols},
    layer::{self, Layer, Next, from_fn, from_fn_with},
    test::Kit,
};
use tower::{limit::ConcurrencyLimitLayer, timeout::TimeoutLayer};
use tracing_subscriber::fmt::format::FmtSpan;

use crate::lines::Lines;

type Log = Arc<Mutex<Vec<String>>>;

fn note(log: &Log, name: &'static str) -> impl Layer {
    from_fn_with((log.clone(), name), async |(log, name): (Log, &str), call: Call, next: Next| {
        log.lock().unwrap().push(format!("{name} {}", call.event().route_key()));
        let reply = next.run(call).await;
        log.lock().unwrap().push(format!("{name} {}", reply.status()));
        reply
    })
}

#[tokio::test]
async fn layers_wrap_all_routes_in_the_order_they_were_added() {
    let log = Arc::default();
    let app = App::new()
        .layer(note(&log, "outer"))
        .route("say", async || "hi")
        .layer(note(&log, "inner"))
        .connect(async || Accept::anonymous());
    let ana = Kit::new(app).connect("").await.unwrap();
    ana.send(r#"{"action":"say"}"#).await;
    ana.close().await;
    let expected = ["$connect", "say", "$disconnect"].map(|key| {
        [format!("outer {key}"), format!("inner {key}"), "inner 200".into(), "outer 200".into()]
    });
    assert_eq!(*log.lock().unwrap(), expected.concat());
}

#[tokio::test]
async fn layers_get_a_failure_as_a_reply() {
    let log = Arc::default();
    let panics = async || -> &'static str { panic!("on purpose") };
    let app = App::new().layer(note(&log, "layer")).route("say", panics);
    let ana = Kit::new(app).connect("").await.unwrap();
    ana.send(r#"{"action":"say"}"#).await;
    assert_eq!(log.lock().unwrap().last().unwrap(), "layer 500");
}

#[tokio::test]
async fn a_panic_in_a_layer_does_not_end_the_process() {
    let panics = from_fn(async |_: Call, _: Next| -> Reply { panic!("on purpose") });
    let refused = Kit::new(App::new().layer(panics)).connect("").await.expect_err("is refused");
    assert_eq!(refused.status, 500);
}

#[tokio::test]
async fn layers_of_a_route_are_inside_those_of_the_app() {
    let log = Arc::default();
    let app = App::new()
        .with_route(Route::new("say", async || "hi").layer(note(&log, "route")))
        .route("other", async || "hi")
        .layer(note(&log, "app"));
    let ana = Kit::new(app).connect("").await.unwrap();
    log.lock().unwrap().clear();
    ana.send(r#"{"action":"other"}"#).await;
    ana.send(r#"{"action":"say"}"#).await;
    let expected = ["app other", "app 200", "app say", "route say", "route 200", "app 200"];
    assert_eq!(*log.lock().unwrap(), expected);
}

#[tokio::test]
async fn layers_and_state_of_a_merged_app_apply_only_to_its_routes() {
    let log = Arc::default();
    let shop = App::with_state("shop")
        .route("buy", async |State(name): State<&'static str>| name)
        .layer(note(&log, "shop"))
        .two_way();
    let app = App::with_state(7)
        .route("say", async |State(number): State<i32>| number.to_string())
        .merge(shop)
        .layer(note(&log, "app"));
    let two_way: Vec<bool> = app.describe().routes.iter().map(|route| route.two_way).collect();
    assert_eq!(two_way, [false, false, true, false], "$connect, $disconnect, buy, say");
    let ana = Kit::new(app).connect("").await.unwrap();
    log.lock().unwrap().clear();
    ana.send(r#"{"action":"say"}"#).await;
    ana.send(r#"{"action":"buy"}"#).await;
    assert_eq!(ana.received(), ["7", "shop"]);
    let expected = ["app say", "app 200", "app buy", "shop buy", "shop 200", "app 200"];
    assert_eq!(*log.lock().unwrap(), expected);
}

#[tokio::test]
async fn layers_of_a_merged_app_wrap_its_connect_handler_too() {
    let log = Arc::default();
    let login = App::new().connect(async || Accept::anonymous()).layer(note(&log, "login"));
    Kit::new(App::new().route("say", async || "hi").merge(login)).connect("").await.unwrap();
    assert_eq!(*log.lock().unwrap(), ["login $connect", "login 200"]);
}

#[test]
fn merging_two_handlers_of_one_key_panics_with_both_source_locations() {
    let first = App::new().route("say", async || "hi");
    let second = App::new().route("say", async || "hi");
    let merge = std::panic::AssertUnwindSafe(move || drop(first.merge(second)));
    let panic = std::panic::catch_unwind(merge).expect_err("the key is taken");
    let message = panic.downcast_ref::<String>().unwrap();
    assert_eq!(message.matches("tests/it/layers.rs:").count(), 2, "{message}");
    assert!(message.starts_with("`say` has two handlers"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn tower_layers_are_applied_once_and_their_errors_become_frames() {
    let running = Arc::new(AtomicUsize::new(0));
    let max_running = Arc::new(AtomicUsize::new(0));
    let handler = {
        let (running, max_running) = (running.clone(), max_running.clone());
        move || {
            let (running, max_running) = (running.clone(), max_running.clone());
            async move {
                max_running.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_secs(1)).await;
                running.fetch_sub(1, Ordering::SeqCst);
                "done"
            }
        }
    };
    let app = App::new()
        .with_route(Route::new("work", handler).layer(layer::tower(ConcurrencyLimitLayer::new(3))))
        .with_route(
            Route::new("slow", async || std::future::pending::<()>().await)
                .layer(layer::tower(TimeoutLayer::new(Duration::from_secs(2)))),
        );
    let ana = Kit::new(app).connect("").await.unwrap();
    let work = (0..12).map(|_| ana.send(r#"{"action":"work"}"#));
    futures_util::future::join_all(work).await;
    assert_eq!(ana.received(), ["done"; 12]);
    assert_eq!(max_running.load(Ordering::SeqCst), 3, "the limit holds over all calls");
    ana.send(r#"{"action":"slow"}"#).await;
    assert_eq!(ana.received_json()[0]["code"], "internal_error");
}

#[tokio::test]
async fn body_limit_refuses_only_large_messages() {
    let app = App::new().default_route(async || "accepted").layer(layer::body_limit(10));
    let ana = Kit::new(app).connect("").await.unwrap();
    ana.send("x".repeat(10)).await;
    ana.send("x".repeat(11)).await;
    let frames = ana.received();
    assert_eq!(frames[0], "accepted");
    assert!(frames[1].contains(r#""code":"too_large""#), "{frames:?}");
}

#[tokio::test]
async fn trace_records_only_the_ids_of_a_call() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_span_events(FmtSpan::CLOSE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let app = App::new().route("say", async || "a secret reply").layer(layer::trace());
    let ana = Kit::new(app).connect("token=secret").await.unwrap();
    ana.send(r#"{"action":"say","password":"secret"}"#).await;
    assert_eq!(ana.received(), ["a secret reply"]);
    let lines = lines.text();
    let id = ana.id().as_str();
    for part in [r#"route_key="$connect""#, r#"route_key="say""#, "status=200", id] {
        assert!(lines.contains(part), "{part} in {lines}");
    }
    assert!(!lines.contains("secret"), "{lines}");
}

#[tokio::test]
async fn layers_of_a_merged_app_wrap_connect_and_on_connected_once() {
    let log = Arc::default();
    let presence = App::new().on_connected(async || ()).layer(note(&log, "presence"));
    let both = App::new()
        .connect(async || Accept::anonymous())
        .on_connected(async || ())
        .layer(note(&log, "both"));
    Kit::new(App::new().merge(presence)).connect("").await.unwrap();
    Kit::new(App::new().merge(both)).connect("").await.unwrap();
    let expected = ["presence $connect", "presence 200", "both $connect", "both 200"];
    assert_eq!(*log.lock().unwrap(), expected);
}

#[tokio::test]
async fn layers_that_fail_refuse_the_handshake_or_send_the_error_frame() {
    let app = || App::new().connect(async || Accept::user("ana")).default_route(async || "said");
    let fails = || {
        from_fn(async |_: Call, _: Next| -> Result<Reply, Error> {
            Err(Error::new("closed", "Closed today").with_status(403))
        })
    };
    let refused = Kit::new(app().layer(fails())).connect("").await.unwrap_err();
    assert_eq!(refused.status, 403);

    let parses = from_fn(async |call: Call, next: Next| -> Result<Reply, Error> {
        if call.event().body() == b"SECRET" {
            "SECRET".parse::<u8>()?;
        }
        Ok(next.run(call).await)
    });
    let kit = Kit::new(app().layer(parses).error_frame(|error: &Error| error.code().to_owned()));
    let ana = kit.connect("").await.unwrap();
    ana.send("SECRET").await;
    ana.send("hi").await;
    assert_eq!(ana.received(), [r#""internal_error""#, "said"]);
}

#[tokio::test]
async fn layers_can_return_the_same_types_as_handlers() {
    let text = from_fn(async |_: Call, _: Next| "text");
    let json = from_fn(async |_: Call, _: Next| Json([1, 2]));
    let none = from_fn(async |_: Call, _: Next| ());
    let app = App::new()
        .with_route(Route::new("text", async || "").layer(text))
        .with_route(Route::new("json", async || "").layer(json))
        .with_route(Route::new("none", async || "").layer(none));
    let ana = Kit::new(app).connect("").await.unwrap();
    for key in ["text", "json", "none"] {
        ana.send(format!(r#"{{"action":"{key}"}}"#)).await;
    }
    assert_eq!(ana.received(), ["text", "[1,2]"]);
    let empty = from_fn(async |_: Call, _: Next| ());
    let refused = Kit::new(App::new().layer(empty)).connect("").await.unwrap_err();
    assert_eq!(refused.status, 500, "a layer cannot accept a client");
}

#[derive(serde::Deserialize, garde::Validate)]
struct Said {
    #[garde(length(max = 3))]
    text: String,
}

#[tokio::test]
async fn layers_can_extract_the_same_types_as_handlers() {
    let extract_body = from_fn(async |call: Call, next: Next| -> Result<Reply, Error> {
        let Json(Said { text }) = call.extract().await?;
        let Valid(valid) = call.extract::<Valid<Said>>().await?;
        let (who, info): (UserId, RequestInfo) = call.extract().await?;
        let Text(whole) = call.extract().await?;
        assert_eq!((&text, whole.as_bytes()), (&valid.text, &*call.extract::<Bytes>().await?));
        assert!(call.extract::<Result<Authorizer<()>, Error>>().await?.is_err());
        match text.as_str() {
            "up" => Ok(next.run(call).await),
            _ => Err(Error::new("no", format!("{who} at {}", info.route_key()))),
        }
    });
    let handshake = from_fn(async |call: Call, next: Next| -> Result<Reply, Error> {
        match call.event().route_key() {
            "$connect" => {
                let Query(query) = call.extract::<Query<HashMap<String, u8>>>().await?;
                assert_eq!(query["v"], 7);
                assert!(call.extract::<Subprotocols>().await?.is_empty());
                assert!(call.extract::<Headers>().await?.get("host").is_some());
                assert_eq!(call.extract::<Connection>().await.unwrap_err().code(), "not_connected");
            }
            "$disconnect" => assert_eq!(call.extract::<Disconnected>().await?.code, Some(1005)),
            _ => assert!(call.extract::<Disconnected>().await.is_err()),
        }
        Ok(next.run(call).await)
    });
    let app = App::new()
        .connect(async || Accept::user("ana"))
        .with_route(Route::new("say", async || "said").layer(extract_body))
        .layer(handshake);
    let ana = Kit::new(app).connect("v=7").await.unwrap();
    for text in ["up", "no", "long"] {
        ana.send(format!(r#"{{"action":"say","text":"{text}"}}"#)).await;
    }
    let frames = ana.received();
    assert_eq!(frames[0], "said");
    assert!(frames[1].contains("ana at say"), "{frames:?}");
    assert!(frames[2].contains("invalid_payload"), "{frames:?}");
    ana.close().await;
}

#[tokio::test]
async fn layers_that_extract_a_type_that_a_call_never_has_give_an_internal_error() {
    let body = from_fn(async |call: Call, next: Next| -> Result<Reply, Error> {
        let error = call.extract::<Text>().await.unwrap_err();
        let cause = error.cause().unwrap().to_string();
        assert_eq!(cause, "`Text` was asked for at `$connect`, which does not have it");
        call.extract::<Text>().await?;
        Ok(next.run(call).await)
    });
    assert_eq!(Kit::new(App::new().layer(body)).connect("").await.unwrap_err().status, 500);
}
