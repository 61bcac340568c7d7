//! The handlers with Lift, in both forms.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use lift_ws::{
    Accept, App, Call, Headers, Json, Refuse, Service,
    http::{Request, Response},
    layer::{Next, from_fn},
    service::Invocation,
    store::MemoryStore,
    test::RecordingPush,
};
use serde_json::value::RawValue;
use tokio::time::Instant;

use crate::{
    form::{Form, ORIGIN, Said},
    lambda,
};

pub(crate) fn typed_message() -> App {
    App::new().two_way().route("sendmessage", async |Json(said): Json<Said>| Json(said))
}

pub(crate) fn http_message() -> App {
    App::new().two_way().handle("MESSAGE", "/sendmessage", async |request: Request| {
        let said: Said = request.json().await?;
        Response::ok().json(&said)
    })
}

pub(crate) fn typed_connect() -> App {
    App::new().unmanaged().connect(async || Accept::anonymous())
}

pub(crate) fn http_connect() -> App {
    App::new().unmanaged().handle("CONNECT", "/connect", async |_| Ok(Response::ok()))
}

pub(crate) fn typed_connect_reading() -> App {
    App::new().unmanaged().connect(async |headers: Headers| {
        let known = headers.get("origin") == Some(ORIGIN);
        match known && headers.get("user-agent").is_some() {
            true => Ok(Accept::anonymous()),
            false => Err(Refuse::forbidden("another origin")),
        }
    })
}

pub(crate) fn http_connect_reading() -> App {
    App::new().unmanaged().handle("CONNECT", "/connect", async |request: Request| {
        let known = request.header("origin")?.as_deref() == Some(ORIGIN);
        let agent = request.header("user-agent")?;
        Ok(Response::new(if known && agent.is_some() { 200 } else { 403 }))
    })
}

fn finish(app: App) -> (Service, Instant) {
    let app = app.layer(from_fn(async |call: Call, next: Next| next.run(call).await));
    let service = app.into_service(Arc::new(MemoryStore::new()), Arc::new(RecordingPush::new()));
    (service, Instant::now() + Duration::from_secs(3600))
}

pub(crate) fn form(name: &'static str, app: App) -> Form {
    let (service, deadline) = finish(app);
    Form::new(name, async move |payload| {
        service.call(Invocation::new(payload, deadline)).await.expect("a reply")
    })
}

/// The typed form with the cost of lambda_runtime in `lift_aws::run`: it scans and copies the event, and the
/// reply goes through its JSON writer.
pub(crate) fn form_within_lambda(name: &'static str, app: App) -> Form {
    let (service, deadline) = finish(app);
    Form::new(name, async move |event| {
        let event: Box<RawValue> = lambda::decode(&event);
        let payload = Bytes::from(String::from(Box::<str>::from(event)));
        let reply = service.call(Invocation::new(payload, deadline)).await.expect("a reply");
        let reply = RawValue::from_string(String::from_utf8(reply).expect("UTF-8"));
        serde_json::to_vec(&reply.expect("JSON")).expect("JSON")
    })
}
