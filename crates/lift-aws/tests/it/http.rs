//! Requests of the SDK to a database that hangs, fails or closes connections.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use lift_aws::{AwsConfig, DynamoStore};
use lift_ws::{
    ConnectionId,
    store::{Consistency, Store},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::Instant,
};

const EMPTY: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\n\
                     content-length: 2\r\n\r\n{}";
const FAILED: &str = "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 2\r\n\r\n{}";

#[tokio::test(start_paused = true)]
async fn a_request_to_a_database_that_hangs_fails_after_three_seconds() {
    let (store, connections) = database(|_| None).await;
    let start = Instant::now();
    let error = get(&store).await.expect_err("no response");
    let seconds = start.elapsed().as_secs_f64();
    assert!((2.99..3.2).contains(&seconds), "{seconds} s: {error:?}");
    assert_eq!(connections(), 3, "one connection for each attempt of a second");
}

#[tokio::test]
async fn a_connection_that_the_database_closes_is_replaced() {
    let (store, connections) = database(|number| Some(if number == 1 { "" } else { EMPTY })).await;
    get(&store).await.expect("the second attempt");
    get(&store).await.expect("a response");
    assert_eq!(connections(), 2, "the second connection is used again");
}

#[tokio::test]
async fn after_a_failure_another_connection_is_used() {
    let (store, connections) =
        database(|number| Some(if number == 1 { FAILED } else { EMPTY })).await;
    get(&store).await.expect("the second attempt");
    assert_eq!(connections(), 2);
}

async fn get(store: &DynamoStore) -> Result<(), lift_ws::store::StoreError> {
    store.get(&ConnectionId::from("R1kmxc2VNjMCFIA="), Consistency::Eventual).await.map(drop)
}

/// A fake database. `response` returns, for its n-th connection, the response to each request: a text, an empty text to
/// close the connection, or `None` to hang. Also returns a function for the number of connections so far.
async fn database(
    response: fn(usize) -> Option<&'static str>,
) -> (DynamoStore, impl Fn() -> usize) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let number = counted.fetch_add(1, Ordering::Relaxed) + 1;
            tokio::spawn(serve(stream, response(number)));
        }
    });
    let store = DynamoStore::new(&AwsConfig::local(&url, "us-east-1"), "t");
    (store, move || count.load(Ordering::Relaxed))
}

async fn serve(mut stream: TcpStream, response: Option<&'static str>) {
    let mut request = [0; 8192];
    // One read gets a whole request of the store.
    while stream.read(&mut request).await.is_ok_and(|length| length > 0) {
        match response {
            Some("") => return,
            Some(text) => stream.write_all(text.as_bytes()).await.expect("sent"),
            None => tokio::time::sleep(Duration::from_secs(60)).await,
        }
    }
}
