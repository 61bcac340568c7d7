//! Routes that change while clients are connected.

use bytes::Bytes;
use lift_event::{Event, EventKind, Reply};
use lift_gateway::{Routes, Settings};

use crate::api::*;

/// Replies with the route's key.
async fn route_key(event: Event) -> BackendResult {
    Ok(Bytes::from(Reply::new(200).with_body(event.route_key().to_owned()).encode()))
}

#[tokio::test]
async fn a_deployment_changes_the_routes_of_open_sockets() {
    let settings = Settings {
        stage: "prod".into(),
        routes: Routes::default().with_route("$connect", false).with_route("old", true),
        ..Settings::default()
    };
    let api = TestGateway::settings(settings, route_key).await;
    let (mut client, _) = api.connect_with_id().await;
    send(&mut client, r#"{"action":"old"}"#).await;
    assert_eq!(text(&mut client).await, "old");
    send(&mut client, r#"{"do":"new"}"#).await;
    assert!(text(&mut client).await.contains("Forbidden"));

    let selection = "$request.body.do".parse().unwrap();
    let routes = Routes::new(selection).with_route("new", true).with_route("$disconnect", false);
    api.handle.deploy(routes);
    send(&mut client, r#"{"do":"new"}"#).await;
    assert_eq!(text(&mut client).await, "new");
    send(&mut client, r#"{"action":"old"}"#).await;
    assert!(text(&mut client).await.contains("Forbidden"));
    drop(client);
    api.event(EventKind::Disconnect).await;

    // Without a `$connect` route, every client is accepted.
    let mut other = api.connect().await;
    send(&mut other, r#"{"do":"new"}"#).await;
    assert_eq!(text(&mut other).await, "new");
    let mut events = api.events.lock().await;
    assert_eq!(within(events.recv()).await.unwrap().kind(), EventKind::Message);
}
