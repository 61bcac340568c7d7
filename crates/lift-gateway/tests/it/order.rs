//! Serial dispatch: the function gets one message of a connection at a time.

use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use lift_event::{EventKind, Reply};
use lift_gateway::{Limits, MessageOrder, Settings};
use tokio::{
    sync::{Notify, Semaphore},
    time::Duration,
};
use tokio_tungstenite::tungstenite::Message;

use crate::api::*;

fn settings(limits: Limits) -> Settings {
    let (stage, routes) = ("prod".to_owned(), routes());
    Settings { stage, routes, limits, order: MessageOrder::Serial, ..Settings::default() }
}

#[tokio::test]
async fn messages_of_one_connection_wait_and_those_of_others_do_not() {
    let release = Arc::new(Semaphore::new(0));
    let inner = release.clone();
    let api = TestGateway::settings(settings(Limits::default()), move |event| {
        let release = inner.clone();
        async move {
            if event.text().is_some_and(|text| text.starts_with("slow")) {
                release.acquire().await.unwrap().forget();
            }
            Ok(Reply::new(200).with_body(event.body().to_vec()).encode().into())
        }
    })
    .await;
    let mut client = api.connect().await;
    for message in ["slow 1", "2", "slow 3", "4"] {
        send(&mut client, message).await;
    }
    // The pong shows that the gateway has read what was sent before the ping.
    client.send(Message::Ping("p".into())).await.unwrap();
    assert_eq!(within(client.next()).await.unwrap().unwrap(), Message::Pong("p".into()));
    let mut other = api.connect().await;
    send(&mut other, "quick").await;
    assert_eq!(text(&mut other).await, "quick");
    assert_eq!(api.event(EventKind::Message).await.text(), Some("slow 1"));
    assert_eq!(api.event(EventKind::Message).await.text(), Some("quick"));
    assert!(api.events.lock().await.try_recv().is_err(), "the second one waits");
    release.add_permits(2);
    for message in ["slow 1", "2", "slow 3", "4"] {
        assert_eq!(text(&mut client).await, message);
    }
}

#[tokio::test]
async fn after_a_timeout_the_next_message_runs_and_a_close_loses_none() {
    let release = Arc::new(Notify::new());
    let inner = release.clone();
    let limits = Limits { integration_timeout: Duration::from_millis(20), ..Limits::default() };
    let api = TestGateway::settings(settings(limits), move |event| {
        let release = inner.clone();
        async move {
            if event.text() == Some("stuck") {
                release.notified().await;
            }
            Ok(Reply::new(200).with_body(event.body().to_vec()).encode().into())
        }
    })
    .await;
    let mut client = api.connect().await;
    send(&mut client, "stuck").await;
    send(&mut client, "next").await;
    assert!(text(&mut client).await.contains("Endpoint request timed out"));
    assert_eq!(text(&mut client).await, "next");

    send(&mut client, "stuck").await;
    send(&mut client, "last").await;
    within(client.close(None)).await.unwrap();
    let mut texts = Vec::new();
    while texts.last().map(String::as_str) != Some("last") {
        texts.push(api.event(EventKind::Message).await.text().unwrap().to_owned());
    }
    assert_eq!(texts, ["stuck", "next", "stuck", "last"]);
    release.notify_waiters();
}
