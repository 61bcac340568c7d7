//! Messages of sizes around the limits, split in a hundred random ways; a message of 50,000 empty fragments.

use bytes::Bytes;
use fastrand::Rng;
use futures_util::{SinkExt, StreamExt};
use lift_event::Reply;
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    },
};

use crate::api::*;

const FRAME: usize = 32 * 1024;
const MESSAGE: usize = 128 * 1024;

/// The function replies with the length of the message.
async fn length_api() -> TestGateway {
    TestGateway::start(|event| async move {
        Ok(Reply::new(200).with_body(event.body().len().to_string()).encode().into())
    })
    .await
}

fn part(index: usize, bytes: usize, last: bool) -> Message {
    let kind = if index == 0 { Data::Text } else { Data::Continue };
    Message::Frame(Frame::message(Bytes::from(vec![b'x'; bytes]), OpCode::Data(kind), last))
}

/// Random sizes of a message's frames: their sum is near the message limit, or one frame is near the frame limit.
fn split(rng: &mut Rng) -> Vec<usize> {
    if rng.u8(0..4) == 0 {
        return vec![FRAME + rng.usize(0..=1)];
    }
    let mut left = MESSAGE - 1 + rng.usize(0..=2);
    let mut sizes = Vec::new();
    while left > 0 {
        let size = rng.usize(0..=FRAME).max(FRAME / 8).min(left);
        sizes.push(size);
        left -= size;
    }
    if rng.u8(0..8) == 0 {
        sizes.push(0);
    }
    sizes
}

#[tokio::test]
async fn a_hundred_messages_around_the_limits_pass_or_are_1009() {
    let api = length_api().await;
    let mut rng = Rng::with_seed(4);
    let mut passed = 0;
    let mut client = api.connect().await;
    for case in 0..100 {
        let sizes = split(&mut rng);
        let total: usize = sizes.iter().sum();
        for (index, size) in sizes.iter().enumerate() {
            // A message that is too long may be refused before its end.
            let frame = part(index, *size, index + 1 == sizes.len());
            let _ = within(client.send(frame)).await;
            if rng.bool() {
                let _ = within(client.send(Message::Ping("between".into()))).await;
            }
        }
        if total <= MESSAGE && sizes.iter().all(|size| *size <= FRAME) {
            assert_eq!(text(&mut client).await, total.to_string(), "{case}: {sizes:?}");
            passed += 1;
        } else {
            assert_eq!(closed(&mut client).await.0, 1009, "{case}: {sizes:?}");
            client = api.connect().await;
        }
    }
    assert!((20..80).contains(&passed), "{passed} of 100 passed");
}

#[tokio::test]
async fn posts_around_the_limit_are_200_or_413() {
    let api = length_api().await;
    let (mut client, id) = api.connect_with_id().await;
    for (bytes, status) in [(MESSAGE - 1, 200), (MESSAGE, 200), (MESSAGE + 1, 413)] {
        assert_eq!(api.manage("POST", &id, vec![b'x'; bytes]).await.status(), status);
        if status == 200 {
            assert_eq!(text(&mut client).await.len(), bytes);
        }
    }
}

#[tokio::test]
async fn fragments_without_bytes_are_one_empty_message() {
    let api = length_api().await;
    let mut client = api.connect().await;
    let (first, middle, last) =
        ([1, 0x80, 0, 0, 0, 0], [0, 0x80, 0, 0, 0, 0], [0x80, 0x80, 0, 0, 0, 0]);
    let socket = client.get_mut();
    let bytes = [first.as_slice(), &middle.repeat(50_000), &last].concat();
    within(socket.write_all(&bytes)).await.unwrap();
    assert_eq!(text(&mut client).await, "0");
}

#[tokio::test]
async fn every_reserved_bit_is_1002() {
    let api = TestGateway::start(|_| async { ok() }).await;
    for first_byte in (0x90..=0xff).step_by(0x10) {
        for kind in [1, 2, 8, 9, 10] {
            let mut client = api.connect().await;
            let frame = [first_byte | kind, 0x81, 0, 0, 0, 0, b'x'];
            within(client.get_mut().write_all(&frame)).await.unwrap();
            assert_eq!(closed(&mut client).await.0, 1002, "{frame:x?}");
            while let Some(Ok(_)) = within(client.next()).await {}
        }
    }
}
