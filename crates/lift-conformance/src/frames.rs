//! Sends and reads single frames, which client libraries join to messages.

use std::time::Duration;

use tokio::{io::AsyncReadExt, time::timeout};
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    },
};

use crate::{Finding, Observed, client::Client};

/// Sends a text message in frames of these lengths.
pub(crate) async fn send(client: &mut Client, text: &[u8], lengths: &[usize]) -> Observed {
    let mut rest = text;
    for (place, length) in lengths.iter().enumerate() {
        let (frame, after) = rest.split_at(*length);
        rest = after;
        let data = if place == 0 { Data::Text } else { Data::Continue };
        let last = place + 1 == lengths.len();
        let frame = Frame::message(frame.to_vec(), OpCode::Data(data), last);
        client.send(Message::Frame(frame)).await?;
    }
    Ok(())
}

/// The lengths of the frames of the next message. The client cannot be used after that.
pub(crate) async fn lengths(client: &mut Client, patience: Duration) -> Observed<Vec<usize>> {
    let read = async {
        let stream = client.socket().get_mut();
        let mut lengths = Vec::new();
        loop {
            let (head, short) = (stream.read_u8().await?, stream.read_u8().await?);
            let length = match short & 0x7f {
                126 => stream.read_u16().await?.into(),
                127 => stream.read_u64().await?,
                short => short.into(),
            };
            let length = usize::try_from(length).map_err(std::io::Error::other)?;
            // No message is longer than this.
            let mut payload = vec![0; length.min(1 << 20)];
            stream.read_exact(&mut payload).await?;
            lengths.push(length);
            let is_last = head & 0x80 != 0;
            if is_last {
                return Ok(lengths);
            }
        }
    };
    match timeout(patience, read).await {
        Ok(Ok(lengths)) => Ok(lengths),
        Ok(Err(error)) => {
            Err::<_, Finding>(Finding::differs("frames", std::io::Error::to_string(&error)))
        }
        Err(_) => Err(Finding::differs("frames", "too few in time")),
    }
}
