//! Throttles: handshakes get 429, messages get an error frame or close code 1008.

use std::collections::HashMap;

use lift_event::{EventKind, Reply};
use lift_gateway::{Rate, Settings, ThrottledMessages, Throttles, Undocumented};

use crate::api::*;

/// A bucket of `burst` tokens that practically never refills.
fn burst(burst: u32) -> Option<Rate> {
    Some(Rate { per_second: 0.001, burst })
}

async fn api(throttles: Throttles, throttled: ThrottledMessages) -> TestGateway {
    let undocumented = Undocumented { throttled, ..Undocumented::default() };
    let (stage, routes) = ("prod".to_owned(), routes());
    let settings = Settings { stage, routes, throttles, undocumented, ..Settings::default() };
    TestGateway::settings(settings, |event| async move {
        Ok(Reply::new(200).with_body(event.route_key().to_owned()).encode().into())
    })
    .await
}

const TOO_MANY: &str = r#"{"message":"Too Many Requests"}"#;

#[tokio::test]
async fn handshakes_above_a_rate_are_429() {
    let connect = HashMap::from([("$connect".to_owned(), burst(1).unwrap())]);
    for throttles in [
        Throttles { handshakes: burst(1), ..Throttles::default() },
        Throttles { account: burst(1), ..Throttles::default() },
        Throttles { stage: burst(1), ..Throttles::default() },
        Throttles { routes: connect, ..Throttles::default() },
    ] {
        let api = api(throttles, ThrottledMessages::Frame).await;
        api.connect().await;
        assert_eq!(api.refused("/prod").await, (429, TOO_MANY.to_owned()));
        api.event(EventKind::Connect).await;
        // The function gets no event of a refused client, and a disconnect is never throttled.
        assert_eq!(api.event(EventKind::Disconnect).await.kind(), EventKind::Disconnect);
    }
}

#[tokio::test]
async fn messages_above_a_rate_get_a_frame() {
    let routes = HashMap::from([
        ("two".to_owned(), burst(2).unwrap()),
        ("$connect".to_owned(), burst(9).unwrap()),
    ]);
    let throttles = Throttles { stage: burst(1), routes, ..Throttles::default() };
    let api = api(throttles, ThrottledMessages::Frame).await;
    let (mut client, id) = api.connect_with_id().await;
    for (message, expected) in [
        (r#"{"action":"two"}"#, Some("two")),
        ("x", Some("$default")),
        ("x", None),
        (r#"{"action":"two"}"#, Some("two")),
        (r#"{"action":"two"}"#, None),
        // One-way routes are throttled too, by the stage's rate.
        (r#"{"action":"one"}"#, None),
    ] {
        send(&mut client, message).await;
        let frame = text(&mut client).await;
        match expected {
            Some(route) => assert_eq!(frame, route),
            None => {
                let request = json(&frame)["requestId"].as_str().unwrap().to_owned();
                let expected = format!(
                    r#"{{"message": "Too Many Requests", "connectionId":"{id}", "requestId":"{request}"}}"#
                );
                assert_eq!(frame, expected);
            }
        }
    }
}

#[tokio::test]
async fn messages_above_a_rate_may_close_with_1008() {
    let default_route = HashMap::from([("$default".to_owned(), burst(1).unwrap())]);
    for (throttles, throttled) in [
        (Throttles { routes: default_route, ..Throttles::default() }, ThrottledMessages::Close),
        (
            Throttles { messages_per_connection: burst(1), ..Throttles::default() },
            ThrottledMessages::Frame,
        ),
    ] {
        let api = api(throttles, throttled).await;
        let (mut client, id) = api.connect_with_id().await;
        send(&mut client, "x").await;
        assert_eq!(text(&mut client).await, "$default");
        send(&mut client, "x").await;
        assert_eq!(closed(&mut client).await, (1008, "Too many requests".to_owned()));
        let event = api.event(EventKind::Disconnect).await;
        assert_eq!((event.connection_id(), event.disconnect_code()), (id.as_str(), Some(1008)));
    }
}

#[tokio::test]
async fn each_connection_has_its_own_rate() {
    let throttles = Throttles { messages_per_connection: burst(1), ..Throttles::default() };
    let api = api(throttles, ThrottledMessages::Frame).await;
    for _ in 0..2 {
        let mut client = api.connect().await;
        send(&mut client, "x").await;
        assert_eq!(text(&mut client).await, "$default");
    }
}

#[tokio::test]
async fn calls_of_connections_count_for_the_account() {
    let throttles = Throttles { account: burst(3), ..Throttles::default() };
    let api = api(throttles, ThrottledMessages::Frame).await;
    let (_client, id) = api.connect_with_id().await;
    for status in [200, 200, 429] {
        let response = api.manage("GET", &id, "").await;
        assert_eq!(response.status(), status);
        if status == 429 {
            assert_eq!(header(&response, "x-amzn-errortype"), "LimitExceededException");
        }
    }
}

#[tokio::test]
async fn the_rates_of_aws_are_those_of_its_documentation() {
    let Throttles { account, handshakes, .. } = Throttles::aws();
    assert_eq!(account, Some(Rate { per_second: 10_000.0, burst: 5_000 }));
    assert_eq!(handshakes.map(|rate| rate.per_second), Some(500.0));
    let Throttles { account, handshakes, stage, .. } = Throttles::default();
    assert_eq!((account, handshakes, stage), (None, None, None));
}
