//! What the pipeline costs, from the bytes of an event to the bytes of its reply. The budgets:
//!
//! | what | at most |
//! |---|---|
//! | a message with a typed JSON body and one layer | 1.15 times the same without Lift |
//! | one more layer that does nothing | 40 ns |
//! | finding a route among 8 or 300 | 10 ns |
//! | the extractor `Connection`, when the process knows the connection | 40 ns |
//! | managed connections with a store that does nothing, for each `$connect` | 60 ns |
//! | a typed handler | the time of one in the HTTP-style form |
//!
//! `cargo bench -p lift-ws`. Each row compares two things within one run, because the machine's
//! noise is larger than most changes. Allocations are pinned by `tests/it/allocations.rs`.

#![allow(clippy::print_stdout, clippy::unwrap_used)]

mod compare;
mod no_store;
mod without_lift;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use lift_ws::{
    Accept, App, Call, Connection, ConnectionId, Event, Json, Route, Service,
    event::Timestamp,
    http::{Request, Response},
    layer::{Next, from_fn},
    service::Invocation,
    store::{MemoryStore, Row, Store},
    test::RecordingPush,
};
use serde::{Deserialize, Serialize};
use tokio::{runtime::Runtime, time::Instant};

use compare::Compare;
use no_store::NoStore;

const MESSAGE: &str = include_str!("../../../lift-event/fixtures/message-json-body.json");
const CONNECT: &str = include_str!("../../../lift-event/fixtures/connect-browser-14-headers.json");

#[derive(Deserialize, Serialize)]
struct Said {
    action: String,
    room: String,
    text: String,
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let deadline = Instant::now() + Duration::from_secs(3600);
    let on = |service: Service| {
        let runtime = &runtime;
        move |payload: Bytes| {
            runtime.block_on(service.call(Invocation::new(payload, deadline))).unwrap()
        }
    };

    let message = Compare::of(MESSAGE);
    let without_lift = |payload: Bytes| runtime.block_on(async { without_lift::answer(&payload) });
    message.row("a message with typed JSON and a layer / without Lift", without_lift, on(typed(1)));
    message.row("decoding its event / all of it without Lift", without_lift, |payload| {
        Event::decode(payload).unwrap();
        Vec::new()
    });
    message.row("one more layer", on(typed(1)), on(typed(2)));
    message.row("typed / in the HTTP-style form", on(http_style()), on(typed(1)));
    message.row("a route of 8 / no look-up", on(silent(0)), on(silent(8)));
    message.row("a route of 300 / no look-up", on(silent(0)), on(silent(300)));
    let known = Arc::new(MemoryStore::new());
    save(&runtime, &known);
    let knows = App::new().default_route(async |_: Connection| ());
    let knows = knows.into_service(known, Arc::new(RecordingPush::new()));
    message.row("a known Connection / none", on(silent(0)), on(knows));

    let connect = Compare::of(CONNECT);
    let managed = || App::new().connect(async || Accept::anonymous());
    let signed_in = || App::new().connect(async || Accept::user("ana"));
    let on_no_store =
        |app: App| on(app.into_service(Arc::new(NoStore), Arc::new(RecordingPush::new())));
    connect.row(
        "a managed $connect of an anonymous client / unmanaged",
        on_no_store(managed().unmanaged()),
        on_no_store(managed()),
    );
    connect.row(
        "a managed $connect of a user / unmanaged",
        on_no_store(signed_in().unmanaged()),
        on_no_store(signed_in()),
    );
}

fn finish(app: App) -> Service {
    app.into_service(Arc::new(MemoryStore::new()), Arc::new(RecordingPush::new()))
}

/// The typed form, with so many layers that do nothing.
fn typed(layers: usize) -> Service {
    let say = async |Json(said): Json<Said>| Json(said);
    let app = App::new().with_route(Route::new("sendmessage", say).two_way());
    finish((0..layers).fold(app, |app, _| app.layer(from_fn(pass))))
}

async fn pass(call: Call, next: Next) -> lift_ws::Reply {
    next.run(call).await
}

fn http_style() -> Service {
    let say = async |request: Request| Response::ok().json(&request.json::<Said>().await?);
    finish(App::new().handle("MESSAGE", "/sendmessage", say).two_way().layer(from_fn(pass)))
}

/// An app whose handlers do nothing: the message's own route and others, or only `$default`.
fn silent(routes: usize) -> Service {
    let app = App::new().default_route(async || ());
    let keys = std::iter::once("sendmessage".to_owned()).chain((1..).map(|n| format!("route{n}")));
    finish(keys.take(routes).fold(app, |app, key| app.route(&key, async || ())))
}

/// Stores the connection of the message.
fn save(runtime: &Runtime, store: &MemoryStore) {
    let event = Event::decode(MESSAGE).unwrap();
    let row = Row {
        id: ConnectionId::from(event.connection_id()),
        user: Some("ana".into()),
        tenant: None,
        endpoint: "https://api".into(),
        connected_at: Timestamp::from_millis(u64::MAX / 2),
        attributes: None,
    };
    let _ = runtime.block_on(store.save(&row)).unwrap();
}
