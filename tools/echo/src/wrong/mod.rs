//! An echo that reads frames by itself, so that one rule at a time can really be broken. Without a
//! fault it keeps them all: then what a test suite finds is the fault.

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
    rule::{End, Fault},
};

/// How long a client may take to close after it was told to.
const GRACE: Duration = Duration::from_secs(1);

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The rule to break.
    #[arg(long)]
    pub(crate) fault: Option<Fault>,
}

pub(crate) async fn serve(listener: TcpListener, fault: Option<Fault>) -> io::Result<()> {
    loop {
        let (socket, _) = listener.accept().await?;
        tokio::spawn(connection(BufStream::new(socket), fault));
    }
}

async fn connection(mut socket: BufStream<TcpStream>, fault: Option<Fault>) -> io::Result<()> {
    handshake(&mut socket).await?;
    let last = match echo(&mut socket, fault).await {
        End::Closed(payload) => payload,
        End::Failed(code) => code.to_be_bytes().to_vec(),
        End::Lost => return Ok(()),
    };
    frame::write(&mut socket, frame::CLOSE, &last).await?;
    socket.shutdown().await?;
    // To close with bytes unread would take the close frame back.
    let _ = timeout(GRACE, tokio::io::copy(&mut socket, &mut tokio::io::sink())).await;
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
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Accept: {key}\r\n\r\n"
    );
    socket.write_all(answer.as_bytes()).await?;
    socket.flush().await
}

/// Answers messages with themselves until the connection has to end.
async fn echo(socket: &mut (impl AsyncRead + AsyncWrite + Unpin), fault: Option<Fault>) -> End {
    let mut message: Option<(u8, Vec<u8>)> = None;
    loop {
        let step = async {
            let frame = Frame::read(socket, fault).await?;
            match frame.opcode {
                frame::PING => frame::write(socket, frame::PONG, &frame.payload).await?,
                frame::PONG => {}
                frame::CLOSE => return Err(close(frame.payload, fault)),
                opcode => {
                    let begun = message.is_some();
                    if begun != (opcode == frame::CONTINUATION) {
                        return Err(End::Failed(1002));
                    }
                    let (_, data) = message.get_or_insert((opcode, Vec::new()));
                    data.extend(frame.payload);
                    if let Some((opcode, data)) = message.take_if(|_| frame.last) {
                        let checked = opcode == frame::TEXT && fault != Some(Fault::NoUtf8Check);
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

/// How a close frame of the client is answered.
fn close(payload: Vec<u8>, fault: Option<Fault>) -> End {
    let (code, reason) = match payload.split_first_chunk::<2>() {
        Some((code, reason)) => (u16::from_be_bytes(*code), reason),
        None if payload.is_empty() => return End::Closed(payload),
        None => return End::Failed(1002),
    };
    let allowed = matches!(code, 1000..=1003 | 1007..=1011 | 3000..=4999);
    if !allowed && fault != Some(Fault::BadCloseCodeEchoed) {
        return End::Failed(1002);
    }
    match std::str::from_utf8(reason) {
        Ok(_) => End::Closed(payload),
        Err(_) => End::Failed(1007),
    }
}
