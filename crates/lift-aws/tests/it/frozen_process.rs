//! Lambda freezes an execution environment between two invocations, and servers close idle
//! connections during that time. In the test, the runtime's only thread sleeps, so that no task sees the close.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use lift_aws::{AwsConfig, DynamoStore, ManagementApi};
use lift_ws::{
    push::{Endpoint, Push},
    store::{Consistency, Store},
};

/// The number of freezes. No request may fail after any of them.
const CYCLES: u32 = 100;

/// An HTTP server that responds to every request with `{}`, until it closes its connections.
#[derive(Clone)]
struct Server {
    url: String,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let server = Self { url, open: Arc::default() };
        let open = server.open.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                open.lock().expect("no panic").push(stream.try_clone().expect("a handle"));
                thread::spawn(move || respond(stream));
            }
        });
        server
    }

    /// Closes all connections, and returns their number.
    fn close(&self) -> usize {
        let open = std::mem::take(&mut *self.open.lock().expect("no panic"));
        open.iter().filter(|stream| stream.shutdown(Shutdown::Both).is_ok()).count()
    }
}

fn respond(mut stream: TcpStream) {
    let mut lines = BufReader::new(stream.try_clone().expect("a handle"));
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            match lines.read_line(&mut line) {
                Ok(0) | Err(_) => return,
                Ok(_) if line == "\r\n" => break,
                Ok(_) => {}
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length");
            }
        }
        if lines.read_exact(&mut vec![0; length]).is_err() {
            return;
        }
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\n";
        if write!(stream, "{head}content-length: 2\r\n\r\n{{}}").is_err() {
            return;
        }
    }
}

/// Freezes the process while its servers close their connections.
fn freeze(servers: &[&Server]) {
    let servers: Vec<Server> = servers.iter().map(|&server| server.clone()).collect();
    let closing = thread::spawn(move || servers.iter().map(Server::close).sum::<usize>());
    // Not tokio's sleep, because no task may run during the freeze.
    thread::sleep(Duration::from_millis(3));
    assert!(closing.join().expect("no panic") > 0, "open connections");
}

#[tokio::test]
async fn posts_and_store_calls_succeed_after_a_freeze() {
    let (gateway, database) = (Server::start(), Server::start());
    let config = AwsConfig::local(&database.url, "eu-west-1");
    let push = ManagementApi::new(&config).expect("a client").with_allowed(&gateway.url);
    let endpoint = Endpoint::from(format!("{}/prod", gateway.url));
    let store = DynamoStore::new(&config, "connections");
    let mut failures = Vec::new();
    for cycle in 0..CYCLES {
        let posted = push.post(&endpoint, &"L0SM9cOFvHcCIhw=".into(), "news".into()).await;
        failures.extend(posted.err().map(|error| format!("{cycle}: {error:?}")));
        let read = store.get(&"L0SM9cOFvHcCIhw=".into(), Consistency::Consistent).await;
        failures.extend(read.err().map(|error| format!("{cycle}: {error:?}")));
        freeze(&[&gateway, &database]);
    }
    assert!(failures.is_empty(), "{} failed: {failures:#?}", failures.len());
}
