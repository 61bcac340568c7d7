//! Frames of RFC 6455, section 5.2, on a socket.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::rule::{BrokenRule, End};

pub(super) const CONTINUATION: u8 = 0;
pub(super) const TEXT: u8 = 1;
const BINARY: u8 = 2;
pub(super) const CLOSE: u8 = 8;
pub(super) const PING: u8 = 9;
pub(super) const PONG: u8 = 10;

/// The longest payload of a control frame.
const CONTROL_BYTES: u64 = 125;
/// Larger than any frame of a test. A longer length is refused before memory is allocated for it.
const FRAME_BYTES: u64 = 64 << 20;

pub(super) struct Frame {
    pub(super) last: bool,
    pub(super) opcode: u8,
    pub(super) payload: Vec<u8>,
}

impl Frame {
    /// Reads the next frame of a client. Fails if it breaks a rule other than `broken_rule`.
    pub(super) async fn read(
        socket: &mut (impl AsyncRead + Unpin),
        broken_rule: Option<BrokenRule>,
    ) -> Result<Self, End> {
        let mut head = [0; 2];
        socket.read_exact(&mut head).await?;
        let (last, reserved, opcode) = (head[0] & 0x80 != 0, head[0] & 0x70 != 0, head[0] & 0x0f);
        let (masked, length) = (head[1] & 0x80 != 0, u64::from(head[1] & 0x7f));
        let control = opcode & 8 != 0;
        let is_invalid = (reserved && broken_rule != Some(BrokenRule::RsvAccepted))
            || (!masked && broken_rule != Some(BrokenRule::UnmaskedAccepted))
            || (control && !last && broken_rule != Some(BrokenRule::FragmentedControlAccepted))
            || (control && length > CONTROL_BYTES)
            || !matches!(opcode, CONTINUATION | TEXT | BINARY | CLOSE | PING | PONG);
        if is_invalid {
            return Err(End::Failed(1002));
        }
        let length = match length {
            126 => socket.read_u16().await?.into(),
            127 => socket.read_u64().await?,
            length => length,
        };
        if length > FRAME_BYTES {
            return Err(End::Failed(1009));
        }
        let mut mask = [0; 4];
        if masked {
            socket.read_exact(&mut mask).await?;
        }
        let mut payload = Vec::new();
        socket.take(length).read_to_end(&mut payload).await?;
        for (byte, mask) in payload.iter_mut().zip(mask.iter().cycle()) {
            *byte ^= mask;
        }
        Ok(Self { last, opcode, payload })
    }
}

/// Writes one frame without a mask, as servers must.
pub(super) async fn write(
    socket: &mut (impl AsyncWrite + Unpin),
    opcode: u8,
    payload: &[u8],
) -> io::Result<()> {
    socket.write_u8(0x80 | opcode).await?;
    match payload.len() {
        short @ ..126 => socket.write_u8(short as u8).await?,
        middle @ ..0x1_0000 => {
            socket.write_u8(126).await?;
            socket.write_u16(middle as u16).await?;
        }
        long => {
            socket.write_u8(127).await?;
            socket.write_u64(long as u64).await?;
        }
    }
    socket.write_all(payload).await?;
    socket.flush().await
}
