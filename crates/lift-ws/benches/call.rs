//! Bytes in, bytes out: what the pipeline costs beside the same work done by hand.
//!
//! `cargo bench -p lift-ws`. Compare within one run: the machine's noise is larger than most changes.

use std::{borrow::Cow, hint::black_box, sync::Arc, time::Duration};

use bytes::Bytes;
use divan::{AllocProfiler, Bencher};
use lift_ws::{
    Accept, App, Call, Invocation, Json, Next, Route, Service, from_fn, store::MemoryStore,
    test::RecordingPush,
};
use serde::{Deserialize, Serialize};
use tokio::{runtime::Runtime, time::Instant};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

const MESSAGE: &str = include_str!("../../lift-event/fixtures/message-json-body.json");
const CONNECT: &str = include_str!("../../lift-event/fixtures/connect-browser-14-headers.json");

#[derive(Deserialize, Serialize)]
struct Said {
    action: String,
    room: String,
    text: String,
}

fn main() {
    divan::main();
}

fn finish(app: App) -> Service {
    app.into_service(Arc::new(MemoryStore::new()), Arc::new(RecordingPush::new()))
}

fn runtime() -> Runtime {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime")
}

fn run(bencher: Bencher<'_, '_>, service: &Service, payload: &'static str) {
    let runtime = runtime();
    let deadline = Instant::now() + Duration::from_secs(3600);
    bencher
        .with_inputs(|| Invocation { payload: Bytes::from(payload.to_owned()), deadline })
        .bench_values(|invocation| runtime.block_on(service.call(invocation)).expect("an event"));
}

#[divan::bench]
fn message_with_one_layer(bencher: Bencher<'_, '_>) {
    let app = App::new()
        .with_route(Route::new("sendmessage", async |Json(said): Json<Said>| Json(said)).two_way())
        .layer(from_fn(async |call: Call, next: Next| next.run(call).await));
    run(bencher, &finish(app), MESSAGE);
}

/// The floor: decode the event's needed fields and the body, encode the reply, by hand.
#[divan::bench]
fn message_by_hand(bencher: Bencher<'_, '_>) {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Event<'a> {
        #[serde(borrow)]
        request_context: Context<'a>,
        #[serde(borrow)]
        body: Cow<'a, str>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    #[allow(dead_code)]
    struct Context<'a> {
        #[serde(borrow)]
        route_key: Cow<'a, str>,
        #[serde(borrow)]
        event_type: Cow<'a, str>,
        #[serde(borrow)]
        connection_id: Cow<'a, str>,
        #[serde(borrow)]
        stage: Cow<'a, str>,
        #[serde(borrow)]
        api_id: Cow<'a, str>,
        connected_at: u64,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Reply {
        status_code: u16,
        body: String,
    }
    let runtime = runtime();
    bencher.with_inputs(|| Bytes::from(MESSAGE.to_owned())).bench_values(|payload: Bytes| {
        runtime.block_on(async {
            let event: Event<'_> = serde_json::from_slice(&payload).expect("an event");
            black_box(&event.request_context);
            let said: Said = serde_json::from_str(&event.body).expect("a body");
            let body = serde_json::to_string(&said).expect("JSON");
            serde_json::to_vec(&Reply { status_code: 200, body }).expect("JSON")
        })
    });
}

/// The part of a message that is decoding its event.
#[divan::bench]
fn message_decoded_only(bencher: Bencher<'_, '_>) {
    bencher
        .with_inputs(|| Bytes::from(MESSAGE.to_owned()))
        .bench_values(|payload| lift_ws::Event::decode(payload).expect("an event"));
}

#[divan::bench]
fn connect_with_14_headers(bencher: Bencher<'_, '_>) {
    let app = App::new()
        .connect(async || Accept::anonymous())
        .layer(from_fn(async |call: Call, next: Next| next.run(call).await))
        .unmanaged();
    run(bencher, &finish(app), CONNECT);
}
