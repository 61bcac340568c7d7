//! The exact number of allocations of a call. Its times are measured in `benches/call`.

use std::{sync::Arc, time::Duration};

use lift_ws::{
    Accept, App, Call, Error, Json, Route,
    layer::{Next, from_fn, from_fn_with},
    service::Invocation,
    store::MemoryStore,
    test::RecordingPush,
};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

#[derive(Deserialize, Serialize)]
struct Said {
    action: String,
    room: String,
    text: String,
}

/// Allocations from the bytes of an event to the bytes of its reply.
fn allocations(app: App, payload: &'static str) -> u64 {
    let service = app.into_service(Arc::new(MemoryStore::new()), Arc::new(RecordingPush::new()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let deadline = Instant::now() + Duration::from_secs(29);
    let invocation = || Invocation::new(payload.to_owned(), deadline);
    let call = |invocation| runtime.block_on(service.call(invocation)).unwrap();
    call(invocation());
    let warm = invocation();
    allocation_counter::measure(|| {
        call(warm);
    })
    .count_total
}

#[test]
fn a_message_with_a_typed_body_and_a_layer_takes_at_most_10_allocations() {
    let payload = include_str!("../../../lift-event/fixtures/message-json-body.json");
    let app = App::new()
        .with_route(Route::new("sendmessage", async |Json(said): Json<Said>| Json(said)).two_way())
        .layer(from_fn(async |call: Call, next: Next| next.run(call).await));
    let count = allocations(app, payload);
    assert!(count <= 10, "{count} allocations");
}

#[test]
fn a_connect_with_14_headers_takes_at_most_7_allocations() {
    let payload = include_str!("../../../lift-event/fixtures/connect-browser-14-headers.json");
    let app = App::new()
        .connect(async || Accept::anonymous())
        .layer(from_fn(async |call: Call, next: Next| next.run(call).await))
        .unmanaged();
    let count = allocations(app, payload);
    assert!(count <= 7, "{count} allocations");
}

#[test]
fn a_layer_takes_one_allocation() {
    let payload = include_str!("../../../lift-event/fixtures/message-json-body.json");
    let app = || App::new().with_route(Route::new("sendmessage", async || "said").two_way());
    let pass = || from_fn(async |call: Call, next: Next| next.run(call).await);
    let fallible = from_fn(async |call: Call, next: Next| Ok::<_, Error>(next.run(call).await));
    let with =
        from_fn_with(Arc::new(5), async |_: Arc<u8>, call: Call, next: Next| next.run(call).await);
    let none = allocations(app(), payload);
    assert_eq!(allocations(app().layer(pass()), payload), none + 1);
    assert_eq!(allocations(app().layer(pass()).layer(pass()), payload), none + 2);
    assert_eq!(allocations(app().layer(fallible), payload), none + 1);
    assert_eq!(allocations(app().layer(with), payload), none + 1);
}
