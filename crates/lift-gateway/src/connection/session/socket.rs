//! The WebSocket of a session: one poll function sends queued messages and reads the next one.

use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    sync::mpsc,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message,
        error::ProtocolError,
        protocol::{
            Role, WebSocketConfig,
            frame::{
                CloseFrame, Frame,
                coding::{CloseCode, Data, OpCode},
            },
        },
    },
};

use crate::{
    Limits,
    connection::OutboundMessage,
    limits::{CONTROL_ROOM, READ_BUFFER},
    message::InboundMessage,
};

/// What a poll of the socket found.
pub(super) enum Read {
    Message(InboundMessage),
    /// A ping, which the WebSocket library answers, or a pong.
    Control,
    Close(Option<CloseFrame>),
    /// The client broke the protocol or a limit. Later bytes cannot be read.
    Unreadable(CloseCode, &'static str),
    /// The socket is dead.
    Lost,
    /// Nothing was read, but queued messages have reached the socket.
    Sent,
}

pub(super) struct Socket<S> {
    stream: WebSocketStream<S>,
    outbox: mpsc::UnboundedReceiver<OutboundMessage>,
    sending: Option<Sending>,
    /// A message went out since the last [`Read::Sent`].
    sent: bool,
    frame_bytes: usize,
    /// A write failed. The client's close frame may still be there to read.
    write_failed: bool,
}

/// A message of which some frames may be written.
struct Sending {
    message: OutboundMessage,
    begun: bool,
    written: bool,
}

impl Sending {
    /// The next frame. Like AWS, it is no longer than a client's frame may be.
    fn frame(&mut self, limit: usize) -> Message {
        let kind = match (self.begun, self.message.text) {
            (true, _) => Data::Continue,
            (false, true) => Data::Text,
            (false, false) => Data::Binary,
        };
        let part = self.message.data.split_to(limit.min(self.message.data.len()));
        self.begun = true;
        self.written = self.message.data.is_empty();
        Message::Frame(Frame::message(part, OpCode::Data(kind), self.written))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    pub(super) async fn new(
        socket: S,
        early: Bytes,
        outbox: mpsc::UnboundedReceiver<OutboundMessage>,
        limits: &Limits,
    ) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(0)
            .max_write_buffer_size(limits.message_bytes + CONTROL_ROOM)
            .max_frame_size(Some(limits.frame_bytes))
            .max_message_size(Some(limits.message_bytes));
        // Copied, so that the socket does not keep the HTTP library's buffer.
        let early = early.to_vec();
        let stream =
            WebSocketStream::from_partially_read(socket, early, Role::Server, Some(config)).await;
        let frame_bytes = limits.frame_bytes.max(1);
        Self { stream, outbox, sending: None, sent: false, frame_bytes, write_failed: false }
    }

    /// Sends what can be sent, then reads unless reading is paused.
    pub(super) fn poll(&mut self, context: &mut Context<'_>, reading: bool) -> Poll<Read> {
        if self.poll_send(context).is_err() {
            self.write_failed = true;
        }
        let read = match reading {
            true => self.stream.poll_next_unpin(context),
            false => Poll::Pending,
        };
        let Poll::Ready(read) = read else {
            return match std::mem::take(&mut self.sent) {
                true => Poll::Ready(Read::Sent),
                false => Poll::Pending,
            };
        };
        Poll::Ready(match read {
            Some(Ok(Message::Text(text))) => Read::Message(InboundMessage::Text(text)),
            Some(Ok(Message::Binary(data))) => Read::Message(InboundMessage::Binary(data)),
            Some(Ok(Message::Close(frame))) => Read::Close(frame),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Read::Control,
            Some(Err(error)) => unreadable(&error),
            None => Read::Lost,
        })
    }

    /// Sends until the queue is empty or the client does not take more.
    fn poll_send(&mut self, context: &mut Context<'_>) -> Result<Progress, Error> {
        loop {
            if self.write_failed {
                self.sending = None;
            }
            let Some(sending) = &mut self.sending else {
                match self.outbox.poll_recv(context) {
                    Poll::Ready(Some(message)) => {
                        self.sending = Some(Sending { message, begun: false, written: false });
                        continue;
                    }
                    Poll::Ready(None) => return Ok(Progress::Ended),
                    Poll::Pending => return Ok(Progress::Waiting),
                }
            };
            while !sending.written {
                match self.stream.poll_ready_unpin(context)? {
                    Poll::Ready(()) => {
                        self.stream.start_send_unpin(sending.frame(self.frame_bytes))?;
                    }
                    Poll::Pending => return Ok(Progress::Waiting),
                }
            }
            match self.stream.poll_flush_unpin(context)? {
                Poll::Ready(()) => {
                    self.sending = None;
                    self.sent = true;
                }
                Poll::Pending => return Ok(Progress::Waiting),
            }
        }
    }

    /// Sends the queued messages and accepts no more.
    pub(super) async fn send_rest(&mut self) {
        self.outbox.close();
        std::future::poll_fn(|context| match self.poll_send(context) {
            Ok(Progress::Waiting) => Poll::Pending,
            Ok(Progress::Ended) | Err(_) => Poll::Ready(()),
        })
        .await;
    }

    /// Sends a close frame. An error means that the client has gone.
    pub(super) async fn close(&mut self, frame: CloseFrame) {
        let _ = self.stream.close(Some(frame)).await;
    }

    /// Reads until the close handshake is done.
    pub(super) async fn drain(&mut self) {
        while let Some(Ok(_)) = self.stream.next().await {}
        let _ = self.stream.get_mut().shutdown().await;
    }

    /// Skips bytes until the client closes. Closing earlier would reset the connection, and the client could
    /// lose the close frame.
    pub(super) async fn skip(&mut self) {
        let socket = self.stream.get_mut();
        let _ = socket.shutdown().await;
        let mut bytes = vec![0; READ_BUFFER];
        while matches!(socket.read(&mut bytes).await, Ok(1..)) {}
    }
}

enum Progress {
    /// The queue is closed and empty.
    Ended,
    /// For the client, or for a message.
    Waiting,
}

fn unreadable(error: &Error) -> Read {
    match error {
        Error::Capacity(_) => Read::Unreadable(CloseCode::Size, "Message too big"),
        Error::Utf8(_) => Read::Unreadable(CloseCode::Invalid, "Invalid UTF-8"),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Read::Lost,
        Error::Protocol(_) => Read::Unreadable(CloseCode::Protocol, "Protocol error"),
        _ => Read::Lost,
    }
}
