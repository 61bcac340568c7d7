//! Malicious frames: lengths larger than any memory, and a message of a million fragments.

use std::time::Duration;

use anyhow::{Context, Result};
use futures_util::StreamExt;
use tokio::{io::AsyncWriteExt, time::timeout};
use tokio_tungstenite::tungstenite::Message;

use super::one_disconnect_each;
use crate::{
    clients::{ask, connect, connect_many, receive},
    report::Report,
    serve,
    server::Server,
    system,
};

/// How many clients claim a huge frame.
const CLAIMS: usize = 100;

/// The most memory for such a frame and its connection, in bytes.
const MAX_BYTES_PER_FRAME: u64 = 64 * 1024;

/// The header of a masked text frame of 2^63-1 bytes.
const HUGE: [u8; 14] = [0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];

/// Empty frames: the start of a text message, a continuation, and the end.
const BEGIN: [u8; 6] = [0x01, 0x80, 0, 0, 0, 0];
const CONTINUE: [u8; 6] = [0x00, 0x80, 0, 0, 0, 0];
const END: [u8; 6] = [0x80, 0x80, 0, 0, 0, 0];

/// How many fragments, and how many of them in one write.
const FRAGMENTS: usize = 1_000_000;
const AT_ONCE: usize = 10_000;

/// The most memory that a million fragments may leave allocated, in bytes.
const MAX_BYTES_LEFT: u64 = 1024 * 1024;

pub(crate) async fn run() -> Result<bool> {
    system::check(CLAIMS)?;
    let mut report = Report::new("frames");
    let server = Server::start(serve::Options::default()).await?;
    // The first clients cause the allocations that happen once.
    drop(connect_many(server.address, 0, CLAIMS).await?);
    let mut clients = connect_many(server.address, 0, CLAIMS).await?;
    let before = server.resident()?;
    for client in &mut clients {
        client.get_mut().write_all(&HUGE).await?;
    }
    let mut refused = 0;
    for client in &mut clients {
        let close = timeout(Duration::from_secs(10), client.next()).await.context("no close")?;
        if let Some(Ok(Message::Close(Some(frame)))) = close {
            refused += u64::from(u16::from(frame.code) == 1009);
        }
    }
    let each = server.resident()?.saturating_sub(before) / CLAIMS as u64;
    report.exactly("frames of 2^63-1 bytes closed with 1009", refused, CLAIMS as u64);
    report.at_most("resident memory for each claim", each, MAX_BYTES_PER_FRAME);
    drop(clients);

    let mut client = connect(server.address, 0).await?;
    ask(&mut client, "warm").await?;
    let (before, used) = (server.resident()?, server.cpu()?);
    client.get_mut().write_all(&BEGIN).await?;
    let fragments = CONTINUE.repeat(AT_ONCE);
    for _ in 0..FRAGMENTS / AT_ONCE {
        client.get_mut().write_all(&fragments).await?;
    }
    client.get_mut().write_all(&END).await?;
    let reply = receive(&mut client).await?;
    report.exactly("bytes of a message in a million empty fragments", reply.len() as u64, 0);
    let grown = server.resident()?.saturating_sub(before);
    report.at_most("resident memory for them", grown, MAX_BYTES_LEFT);
    let cpu = (server.cpu()? - used).as_millis();
    report.measurement("CPU for them", format!("{cpu} ms"));
    drop(client);
    one_disconnect_each(server, &mut report).await?;
    Ok(report.passed())
}
