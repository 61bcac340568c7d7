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

use crate::{CaseResult, Finding, client::Client};

/// Sends a text message in frames of these lengths.
pub(crate) async fn send(client: &mut Client, text: &[u8], lengths: &[usize]) -> CaseResult {
    let mut rest = text;
    for (index, length) in lengths.iter().enumerate() {
        let (frame, after) = rest.split_at(*length);
        rest = after;
        let data = if index == 0 { Data::Text } else { Data::Continue };
        let last = index + 1 == lengths.len();
        let frame = Frame::message(frame.to_vec(), OpCode::Data(data), last);
        client.send(Message::Frame(frame)).await?;
    }
    Ok(())
}

/// The lengths of the frames of the next message. The client cannot be used after that.
pub(crate) async fn next_frame_lengths(
    client: &mut Client,
    max_wait: Duration,
) -> CaseResult<Vec<usize>> {
    let read = async {
        let stream = client.socket().get_mut();
        let mut lengths = Vec::new();
        loop {
            let (head, length_byte) = (stream.read_u8().await?, stream.read_u8().await?);
            let length = match length_byte & 0x7f {
                126 => stream.read_u16().await?.into(),
                127 => stream.read_u64().await?,
                length_byte => length_byte.into(),
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
    match timeout(max_wait, read).await {
        Ok(Ok(lengths)) => Ok(lengths),
        Ok(Err(error)) => {
            Err::<_, Finding>(Finding::differs("frames", std::io::Error::to_string(&error)))
        }
        Err(_) => Err(Finding::differs("frames", "too few in time")),
    }
}
