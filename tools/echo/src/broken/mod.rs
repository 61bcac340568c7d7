//! An echo with its own frame parser, so that it can break one rule of RFC 6455 at a time. Without `--break-rule`
//! it follows all rules, so a test suite must report only the broken rule.

mod frame;
mod rule;

use std::io;

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufStream},
    net::{TcpListener, TcpStream},
    time::{Duration, timeout},
};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use self::{
    frame::Frame,
    rule::{BrokenRule, End},
};

/// How long the server waits for the client to close after the close frame.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The rule to break.
    #[arg(long)]
    pub(crate) break_rule: Option<BrokenRule>,
}

pub(crate) async fn serve(
    listener: TcpListener,
    broken_rule: Option<BrokenRule>,
) -> io::Result<()> {
    loop {
        let (socket, _) = listener.accept().await?;
        tokio::spawn(connection(BufStream::new(socket), broken_rule));
    }
}

async fn connection(
    mut socket: BufStream<TcpStream>,
    broken_rule: Option<BrokenRule>,
) -> io::Result<()> {
    handshake(&mut socket).await?;
    let last = match echo(&mut socket, broken_rule).await {
        End::Closed(payload) => payload,
        End::Failed(code) => code.to_be_bytes().to_vec(),
        End::Lost => return Ok(()),
    };
    frame::write(&mut socket, frame::CLOSE, &last).await?;
    socket.shutdown().await?;
    // Closing with unread bytes sends RST, and the client loses the close frame.
    let _ = timeout(CLOSE_TIMEOUT, tokio::io::copy(&mut socket, &mut tokio::io::sink())).await;
    Ok(())
}

async fn handshake(socket: &mut BufStream<TcpStream>) -> io::Result<()> {
    let (mut key, mut line) = (String::new(), String::new());
    while socket.read_line(&mut line).await? > 2 {
        match line.split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("Sec-WebSocket-Key") => {
                key = derive_accept_key(value.trim().as_bytes());
            }
            _ => {}
        }
        line.clear();
    }
    let response = format!(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Accept: {key}\r\n\r\n"
    );
    socket.write_all(response.as_bytes()).await?;
    socket.flush().await
}

/// Echoes messages until the connection must end.
async fn echo(
    socket: &mut (impl AsyncRead + AsyncWrite + Unpin),
    broken_rule: Option<BrokenRule>,
) -> End {
    let mut message: Option<(u8, Vec<u8>)> = None;
    loop {
        let step = async {
            let frame = Frame::read(socket, broken_rule).await?;
            match frame.opcode {
                frame::PING => frame::write(socket, frame::PONG, &frame.payload).await?,
                frame::PONG => {}
                frame::CLOSE => return Err(close(frame.payload, broken_rule)),
                opcode => {
                    let begun = message.is_some();
                    if begun != (opcode == frame::CONTINUATION) {
                        return Err(End::Failed(1002));
                    }
                    let (_, data) = message.get_or_insert((opcode, Vec::new()));
                    data.extend(frame.payload);
                    if let Some((opcode, data)) = message.take_if(|_| frame.last) {
                        let checked =
                            opcode == frame::TEXT && broken_rule != Some(BrokenRule::NoUtf8Check);
                        if checked && std::str::from_utf8(&data).is_err() {
                            return Err(End::Failed(1007));
                        }
                        frame::write(socket, opcode, &data).await?;
                    }
                }
            }
            Ok(())
        };
        if let Err(end) = step.await {
            return end;
        }
    }
}

/// Decides the reply to a close frame of the client.
fn close(payload: Vec<u8>, broken_rule: Option<BrokenRule>) -> End {
    let (code, reason) = match payload.split_first_chunk::<2>() {
        Some((code, reason)) => (u16::from_be_bytes(*code), reason),
        None if payload.is_empty() => return End::Closed(payload),
        None => return End::Failed(1002),
    };
    let allowed = matches!(code, 1000..=1003 | 1007..=1011 | 3000..=4999);
    if !allowed && broken_rule != Some(BrokenRule::BadCloseCodeEchoed) {
        return End::Failed(1002);
    }
    match std::str::from_utf8(reason) {
        Ok(_) => End::Closed(payload),
        Err(_) => End::Failed(1007),
    }
}
