//! The local DynamoDB at its port, with slow clients. Time is paused, so a timeout that a client runs
//! into passes at once.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use super::{Database, HostNames};

async fn database() -> (Database, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let file = folder.path().join("dynamodb.db");
    (Database::start(&file, listener, &[], HostNames::default()).expect("it starts"), folder)
}

/// What the database answers until it closes the connection.
async fn answer(address: SocketAddr, request: &str) -> String {
    let mut socket = TcpStream::connect(address).await.expect("it listens");
    socket.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.expect("closed in order");
    answer
}

#[tokio::test(start_paused = true)]
async fn a_client_that_sends_half_a_request_is_closed() {
    let (database, _folder) = database().await;
    let address = database.address();
    assert_eq!(answer(address, "").await, "");
    let head = answer(address, "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Amz-Tar").await;
    assert!(head.is_empty() || head.starts_with("HTTP/1.1 408 "), "{head}");
    let body = "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n{";
    let body = answer(address, body).await;
    assert!(body.starts_with("HTTP/1.1 408 ") && body.contains("too slowly"), "{body}");
    let large = "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999\r\n\r\n{";
    let large = answer(address, large).await;
    assert!(large.starts_with("HTTP/1.1 413 "), "{large}");
}

#[tokio::test]
async fn many_requests_at_once_and_the_end() {
    let (database, folder) = database().await;
    let address = database.address();
    let health = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let all = (0..50).map(|_| answer(address, health));
    for answer in futures_util::future::join_all(all).await {
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("healthy"), "{answer}");
    }
    database.close().await;
    assert!(TcpStream::connect(address).await.is_err(), "the port is closed");
    let log = folder.path().join("dynamodb.db-wal");
    assert!(!log.exists(), "SQLite has closed its file");
}
