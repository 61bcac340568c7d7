//! Layers: around every route, outermost first, whenever they were added.

use std::sync::{Arc, Mutex};

use lift_ws::{Accept, App, Call, Layer, Next, from_fn, test::Kit};

fn note(log: &Arc<Mutex<Vec<String>>>, name: &'static str) -> impl Layer {
    let log = log.clone();
    from_fn(move |call: Call, next: Next| {
        let log = log.clone();
        async move {
            log.lock().unwrap().push(format!("{name} {}", call.event().route_key()));
            let reply = next.run(call).await;
            log.lock().unwrap().push(format!("{name} {}", reply.status()));
            reply
        }
    })
}

#[tokio::test]
async fn wrap_all_routes_in_the_order_they_were_added() {
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
async fn see_a_failure_as_a_reply() {
    let log = Arc::default();
    let panics = async || -> &'static str { panic!("on purpose") };
    let app = App::new().layer(note(&log, "layer")).route("say", panics);
    let ana = Kit::new(app).connect("").await.unwrap();
    ana.send(r#"{"action":"say"}"#).await;
    assert_eq!(log.lock().unwrap().last().unwrap(), "layer 500");
}

#[tokio::test]
async fn that_panic_do_not_end_the_process() {
    let panics = from_fn(async |_: Call, _: Next| panic!("on purpose"));
    let refused = Kit::new(App::new().layer(panics)).connect("").await.expect_err("is refused");
    assert_eq!(refused.status, 500);
}
