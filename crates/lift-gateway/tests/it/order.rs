//! Serial dispatch: one message of a connection at a time.

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
    let gate = Arc::new(Semaphore::new(0));
    let inner = gate.clone();
    let api = Api::settings(settings(Limits::default()), move |event| {
        let gate = inner.clone();
        async move {
            if event.text().is_some_and(|text| text.starts_with("slow")) {
                gate.acquire().await.unwrap().forget();
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
    gate.add_permits(2);
    for message in ["slow 1", "2", "slow 3", "4"] {
        assert_eq!(text(&mut client).await, message);
    }
}

#[tokio::test]
async fn a_time_out_gives_the_turn_on_and_a_close_loses_nothing() {
    let gate = Arc::new(Notify::new());
    let inner = gate.clone();
    let limits = Limits { integration_timeout: Duration::from_millis(20), ..Limits::default() };
    let api = Api::settings(settings(limits), move |event| {
        let gate = inner.clone();
        async move {
            if event.text() == Some("stuck") {
                gate.notified().await;
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
    gate.notify_waiters();
}
