//! A connected client.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use http::HeaderMap;
use serde_json::Value;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream,
    tungstenite::{
        Message,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

use crate::{CaseResult, Finding, Timing, probe::Instructions};

pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A client whose handshake succeeded.
pub(crate) struct Client {
    socket: Socket,
    /// The headers of the 101.
    pub(crate) headers: HeaderMap,
    timing: Timing,
}

impl Client {
    pub(crate) fn new(socket: Socket, headers: HeaderMap, timing: Timing) -> Self {
        Self { socket, headers, timing }
    }

    pub(crate) async fn send(&mut self, message: impl Into<Message>) -> CaseResult {
        let failed =
            |why: &dyn ToString| Finding::differs("a message that is sent", why.to_string());
        match timeout(self.timing.arrival_timeout, self.socket.send(message.into())).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(failed(&error)),
            Err(late) => Err(failed(&late)),
        }
    }

    /// Sends instructions to a route.
    pub(crate) async fn instruct(
        &mut self,
        route: &str,
        instructions: &Instructions,
    ) -> CaseResult {
        self.send(Message::text(message_for(route, instructions))).await
    }

    /// The next message or close frame; pings and pongs are skipped.
    pub(crate) async fn next_within(&mut self, max_wait: Duration) -> CaseResult<Message> {
        let next = async {
            loop {
                match self.socket.next().await {
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    Some(Ok(message)) => return Ok(message),
                    Some(Err(error)) => return Err(Finding::differs("a frame", error)),
                    None => return Err(Finding::differs("a frame", "the end of the connection")),
                }
            }
        };
        let late = || Finding::differs("a frame", format!("none within {max_wait:?}"));
        timeout(max_wait, next).await.unwrap_or_else(|_| Err(late()))
    }

    pub(crate) async fn next(&mut self) -> CaseResult<Message> {
        self.next_within(self.timing.arrival_timeout).await
    }

    pub(crate) async fn text(&mut self) -> CaseResult<String> {
        match self.next().await? {
            Message::Text(text) => Ok(text.as_str().to_owned()),
            other => Err(Finding::differs("a text frame", shown(&other))),
        }
    }

    pub(crate) async fn json(&mut self) -> CaseResult<Value> {
        let text = self.text().await?;
        serde_json::from_str(&text).map_err(|_| Finding::differs("a frame of JSON", text))
    }

    /// The code and the reason of the gateway's close frame.
    pub(crate) async fn closed_within(&mut self, max_wait: Duration) -> CaseResult<(u16, String)> {
        match self.next_within(max_wait).await? {
            Message::Close(Some(CloseFrame { code, reason })) => {
                // The library answers the close frame while it reads.
                let _ = timeout(self.timing.silence, self.socket.next()).await;
                Ok((code.into(), reason.as_str().to_owned()))
            }
            Message::Close(None) => Ok((1005, String::new())),
            other => Err(Finding::differs("a close frame", shown(&other))),
        }
    }

    pub(crate) async fn closed(&mut self) -> CaseResult<(u16, String)> {
        self.closed_within(self.timing.arrival_timeout).await
    }

    /// Checks that the connection is open and that nothing arrives before the reply to a message.
    pub(crate) async fn expect_no_message(&mut self) -> CaseResult {
        let reply = r#"{"statusCode":200,"body":"still here"}"#.to_owned();
        tokio::time::sleep(self.timing.silence).await;
        self.instruct("two", &Instructions { reply: Some(reply), ..Instructions::default() })
            .await?;
        match self.text().await? {
            text if text == "still here" => Ok(()),
            other => Err(Finding::differs("nothing, and an open connection", other)),
        }
    }

    /// The event of a message to the two-way route `two`, which replies with it.
    pub(crate) async fn event(&mut self) -> CaseResult<Value> {
        self.instruct("two", &Instructions::default()).await?;
        self.json().await
    }

    /// The id of its connection, from such an event.
    pub(crate) async fn id(&mut self) -> CaseResult<String> {
        let event = self.event().await?;
        let id = event["requestContext"]["connectionId"].as_str().map(str::to_owned);
        id.ok_or_else(|| Finding::differs("an event with a connectionId", event))
    }

    /// Closes, with a code or without, and waits until the connection has ended.
    pub(crate) async fn close(mut self, frame: Option<(u16, &str)>) -> CaseResult {
        let frame = frame.map(|(code, reason)| CloseFrame {
            code: CloseCode::from(code),
            reason: reason.into(),
        });
        self.send(Message::Close(frame)).await?;
        let end = async { while let Some(Ok(_)) = self.socket.next().await {} };
        let _ = timeout(self.timing.arrival_timeout, end).await;
        Ok(())
    }

    pub(crate) fn socket(&mut self) -> &mut Socket {
        &mut self.socket
    }
}

/// A message with instructions for a route.
pub(crate) fn message_for(route: &str, instructions: &Instructions) -> String {
    let mut message = serde_json::to_value(instructions).unwrap_or_default();
    message["action"] = route.into();
    message.to_string()
}

fn shown(message: &Message) -> String {
    match message {
        Message::Text(text) => text.as_str().to_owned(),
        other => format!("{other:?}"),
    }
}
