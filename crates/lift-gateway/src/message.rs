//! A message of a client: from the session, which reads it, to the event that carries it.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// A message as the client sent it.
pub(crate) enum InboundMessage {
    Text(Utf8Bytes),
    Binary(Bytes),
}

/// A message as the function gets it.
pub(crate) struct MessageBody {
    pub(crate) text: Utf8Bytes,
    pub(crate) is_base64: bool,
}

impl InboundMessage {
    pub(crate) fn into_body(self) -> MessageBody {
        match self {
            Self::Text(text) => MessageBody { text, is_base64: false },
            Self::Binary(data) => {
                MessageBody { text: STANDARD.encode(data).into(), is_base64: true }
            }
        }
    }
}
