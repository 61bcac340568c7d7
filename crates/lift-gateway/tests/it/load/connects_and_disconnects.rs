//! Connections that end in all ways, many at once: each accepted one has one
//! `$disconnect`.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use futures_util::{SinkExt, StreamExt, future::join_all, stream};
use lift_event::{Event, EventKind, Reply};
use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    time::{Duration, sleep},
};
use tokio_tungstenite::{
    MaybeTlsStream, connect_async,
    tungstenite::{Message, protocol::frame::coding::CloseCode},
};

use crate::api::*;

const CONNECTIONS: usize = 2000;
const AT_ONCE: usize = 64;

#[derive(Clone, Copy, Debug)]
enum End {
    Close,
    Drop,
    Reset,
    HalfClose,
    Delete,
    DeleteWhileClosing,
    BadFrame,
    BadMessage,
    Refused,
    GiveUp,
    Shutdown,
}

const ENDS: [End; 11] = [
    End::Close,
    End::Drop,
    End::Reset,
    End::HalfClose,
    End::Delete,
    End::DeleteWhileClosing,
    End::BadFrame,
    End::BadMessage,
    End::Refused,
    End::GiveUp,
    End::Shutdown,
];

/// The events of one connection that the function got.
#[derive(Debug, Default, PartialEq)]
struct Seen {
    accepted: bool,
    disconnects: usize,
}

type SeenConnections = Arc<Mutex<HashMap<String, Seen>>>;

/// The query chooses what the function does: refuse, wait, or accept. A message gets the connection id.
async fn function(event: Event, seen: SeenConnections) -> BackendResult {
    let id = event.connection_id().to_owned();
    let has = |name| event.query().is_ok_and(|query| query.get(name).is_some());
    match event.kind() {
        EventKind::Connect if has("refused") => Ok(Reply::new(403).encode().into()),
        EventKind::Connect => {
            if has("slow") {
                sleep(Duration::from_millis(5)).await;
            }
            seen.lock().unwrap().entry(id).or_default().accepted = true;
            ok()
        }
        EventKind::Disconnect => {
            seen.lock().unwrap().entry(id).or_default().disconnects += 1;
            ok()
        }
        EventKind::Message => Ok(Reply::new(200).with_body(id).encode().into()),
    }
}

/// Connects, and ends in the given way. A client that stays until the shutdown is returned.
async fn connect_and_end(api: &TestGateway, end: End) -> Option<Client> {
    match end {
        End::Refused => {
            assert_eq!(api.refused("/prod?refused=1").await.0, 403);
            return None;
        }
        End::GiveUp => {
            let mut socket = TcpStream::connect(api.address).await.unwrap();
            let head = "GET /prod?slow=1 HTTP/1.1\r\nhost: h\r\nconnection: upgrade\r\n\
                        upgrade: websocket\r\nsec-websocket-version: 13\r\n\
                        sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
            socket.write_all(head.as_bytes()).await.unwrap();
            return None;
        }
        _ => {}
    }
    let mut client = within(connect_async(api.url())).await.unwrap().0;
    send(&mut client, "id").await;
    let id = text(&mut client).await;
    let socket = |client: &mut Client| match client.get_mut() {
        MaybeTlsStream::Plain(socket) => socket.set_zero_linger().unwrap(),
        _ => panic!("no TLS here"),
    };
    match end {
        End::Close => within(client.close(None)).await.unwrap(),
        End::Drop => return None,
        End::Reset => {
            socket(&mut client);
            return None;
        }
        End::HalfClose => within(client.get_mut().shutdown()).await.unwrap(),
        End::Delete => assert_eq!(api.manage("DELETE", &id, "").await.status(), 204),
        End::DeleteWhileClosing => {
            let (closed, deleted) =
                tokio::join!(client.send(Message::Close(None)), api.manage("DELETE", &id, ""));
            closed.unwrap();
            assert!([204, 410].contains(&deleted.status().as_u16()));
        }
        End::BadFrame => within(client.get_mut().write_all(&[0xff; 14])).await.unwrap(),
        End::BadMessage => {
            send(&mut client, "id").await;
            within(client.send(Message::binary("binary"))).await.unwrap();
        }
        End::Shutdown => return Some(client),
        End::Refused | End::GiveUp => {}
    }
    while let Some(Ok(_)) = within(client.next()).await {}
    None
}

#[tokio::test]
async fn each_accepted_connection_has_one_disconnect() {
    let seen = SeenConnections::default();
    let shared = seen.clone();
    let api = TestGateway::start(move |event| function(event, shared.clone())).await;
    let clients = (0..CONNECTIONS).map(|number| connect_and_end(&api, ENDS[number % ENDS.len()]));
    let staying: Vec<_> = stream::iter(clients).buffer_unordered(AT_ONCE).collect().await;
    let staying = staying.into_iter().flatten().map(|mut client| {
        tokio::spawn(async move {
            let code = closed(&mut client).await.0;
            while let Some(Ok(_)) = within(client.next()).await {}
            code
        })
    });
    let staying: Vec<_> = staying.collect();
    api.shutdown().await;
    for code in join_all(staying).await {
        assert_eq!(code.unwrap(), u16::from(CloseCode::Away));
    }
    let seen = seen.lock().unwrap();
    let once = Seen { accepted: true, disconnects: 1 };
    let wrong: Vec<_> = seen.iter().filter(|(_, seen)| **seen != once).collect();
    assert!(wrong.is_empty(), "{} of {}: {wrong:?}", wrong.len(), seen.len());
    // All clients except the refused ones and those that may have given up before their $connect.
    let ends = ENDS.iter().cycle().take(CONNECTIONS);
    let min = ends.filter(|end| !matches!(end, End::Refused | End::GiveUp)).count();
    assert!(seen.len() >= min, "{} of at least {min}", seen.len());
}
