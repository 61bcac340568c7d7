//! The conversation: runs the source's actions and prints the server's messages, until one side closes.

use std::time::Duration;

use anyhow::{anyhow, bail};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::{
    Error, Message,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

use super::{
    dial::Socket,
    screen::Screen,
    source::{Action, Expected, Source},
};
use crate::{args::ConnectArgs, escape::line, exit::Interrupted};

/// How long the server may take to answer a close.
const CLOSING: Duration = Duration::from_secs(2);

pub(super) struct Conversation {
    socket: Socket,
    source: Source,
    screen: Screen,
    expecting: Option<Expecting>,
    /// When to close, after the last action.
    closing_at: Option<Instant>,
    pinged: Option<Instant>,
    timeout: Duration,
    wait: Duration,
}

struct Expecting {
    message: Expected,
    until: Instant,
    /// The number of other messages that came.
    others: usize,
}

impl Conversation {
    pub(super) fn new(socket: Socket, source: Source, screen: Screen, args: &ConnectArgs) -> Self {
        Self {
            socket,
            source,
            screen,
            expecting: None,
            closing_at: None,
            pinged: None,
            timeout: args.timeout,
            wait: args.wait,
        }
    }

    pub(super) async fn run(mut self) -> anyhow::Result<()> {
        loop {
            let busy = self.expecting.is_some() || self.closing_at.is_some();
            let wake = self.expecting.as_ref().map(|expecting| expecting.until);
            let wake = wake.or(self.closing_at);
            tokio::select! {
                message = self.socket.next() => match message {
                    Some(Ok(message)) => if let Some(closed) = self.receive(message) {
                        return closed;
                    },
                    Some(Err(error)) => return Err(broken(error)),
                    None => bail!("the connection broke"),
                },
                next = self.source.next(), if !busy => match next {
                    Action::Send(text) => self.send(Message::text(text)).await?,
                    Action::Expect(message) => {
                        let until = Instant::now() + self.timeout;
                        self.expecting = Some(Expecting { message, until, others: 0 });
                    }
                    Action::Ping => {
                        self.pinged = Some(Instant::now());
                        self.send(Message::Ping("lift".into())).await?;
                    }
                    Action::Close => return self.close().await,
                    Action::End => self.closing_at = Some(Instant::now() + self.wait),
                },
                () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => {
                    let Some(Expecting { message, others, .. }) = self.expecting.take() else {
                        return self.close().await;
                    };
                    // The expectation has failed, whatever the close returns.
                    let _ = self.close().await;
                    let seconds = self.timeout.as_secs_f64();
                    bail!("no message like {message} came within {seconds} s ({others} others did)");
                },
                _ = tokio::signal::ctrl_c() => {
                    let _ = self.close().await;
                    return Err(Interrupted.into());
                }
            }
        }
    }

    /// Handles a message. Returns `Some` if the server closed.
    fn receive(&mut self, message: Message) -> Option<anyhow::Result<()>> {
        match message {
            Message::Text(text) => {
                self.screen.message(&text);
                match &mut self.expecting {
                    Some(expecting) if expecting.message.matches(&text) => self.expecting = None,
                    Some(expecting) => expecting.others += 1,
                    None => {}
                }
            }
            Message::Binary(data) => {
                self.screen.note(format!(
                    "{} bytes of binary: {}",
                    data.len(),
                    data.escape_ascii()
                ));
            }
            Message::Pong(_) => {
                if let Some(pinged) = self.pinged.take() {
                    self.screen.note(format!("pong after {:.1?}", pinged.elapsed()));
                }
            }
            Message::Close(frame) => return Some(self.closed(frame)),
            Message::Ping(_) | Message::Frame(_) => {}
        }
        None
    }

    /// The server closed. This is an error only if a message was still expected.
    fn closed(&mut self, frame: Option<CloseFrame>) -> anyhow::Result<()> {
        let how = match frame {
            Some(CloseFrame { code, reason }) if reason.is_empty() => format!("with {code}"),
            Some(CloseFrame { code, reason }) => format!("with {code}: {}", line(&reason)),
            None => "without a code".to_owned(),
        };
        match self.expecting.take() {
            Some(Expecting { message, .. }) => {
                bail!("the server closed the connection {how}, and no message like {message} came")
            }
            None => {
                self.screen.note(format!("the server closed the connection {how}"));
                Ok(())
            }
        }
    }

    async fn send(&mut self, message: Message) -> anyhow::Result<()> {
        match self.socket.send(message).await {
            Ok(()) => Ok(()),
            // The close frame is still to be received, and has the reason.
            Err(Error::ConnectionClosed | Error::Protocol(_)) => Ok(()),
            Err(error) => Err(broken(error)),
        }
    }

    /// Closes with 1000, and prints messages until the server has closed too.
    async fn close(&mut self) -> anyhow::Result<()> {
        let normal = CloseFrame { code: CloseCode::Normal, reason: "".into() };
        // If this fails, the connection is already closed.
        if self.socket.close(Some(normal)).await.is_err() {
            return Ok(());
        }
        let rest = async {
            while let Some(Ok(message)) = self.socket.next().await {
                if let Message::Text(text) = message {
                    self.screen.message(&text);
                }
            }
        };
        if timeout(CLOSING, rest).await.is_err() {
            self.screen.note("the server did not answer the close");
        }
        Ok(())
    }
}

fn broken(error: Error) -> anyhow::Error {
    match error {
        Error::Io(cause) => anyhow!(cause).context("the connection broke"),
        error => anyhow!(error).context("the server violated the WebSocket protocol"),
    }
}
