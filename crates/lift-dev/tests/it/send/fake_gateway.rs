//! A table with connections, and a fake `@connections` whose posts take some time. The ids
//! choose the status: `gone-..` gets 410, `bad-..` gets 400.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, LazyLock, Mutex},
    thread,
    time::Duration,
};

use futures_util::future::join_all;
use lift_aws::{AwsConfig, DynamoStore, Table, table::CreateOptions};
use lift_ws::{
    event::Timestamp,
    store::{Row, Saved, Store as _},
};
use tokio::runtime::Runtime;

const TABLE: &str = "connections";

/// How long a post takes.
const POST_LATENCY: Duration = Duration::from_millis(20);

/// The ids of enough connections for several parts, sorted.
pub(super) static MANY: LazyLock<Vec<String>> =
    LazyLock::new(|| (0..300).map(|number| format!("many-{number:03}")).collect());

type Posts = Arc<Mutex<Vec<(String, String)>>>;

pub(super) struct FakeGateway {
    database: String,
    origin: String,
    endpoint: String,
    posts: Posts,
    _runtime: Runtime,
}

impl FakeGateway {
    /// Starts, with connections of the tenant `lotus`.
    pub(super) fn start(ids: &[&str]) -> Self {
        let posts = Posts::default();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        let endpoint = format!("{origin}/prod");
        let received = posts.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let received = received.clone();
                thread::spawn(move || serve(&stream, &received));
            }
        });
        let runtime = Runtime::new().expect("a runtime");
        let database = runtime.block_on(database(ids, &endpoint));
        Self { database, origin, endpoint, posts, _runtime: runtime }
    }

    /// The flags for this table (four) and this endpoint (two).
    pub(super) fn flags(&self) -> [&str; 6] {
        let (database, endpoint) = (&*self.database, &*self.endpoint);
        ["--table", TABLE, "--endpoint-url", database, "--endpoint", endpoint]
    }

    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// The ids and messages of the posts so far.
    pub(super) fn posts(&self) -> Vec<(String, String)> {
        self.posts.lock().expect("no panic").clone()
    }
}

async fn database(ids: &[&str], endpoint: &str) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let database = dynoxide::Database::memory().expect("a database in memory");
    let forever = std::future::pending();
    tokio::spawn(dynoxide::server::serve_with_shutdown(listener, database, forever));

    let config = AwsConfig::local(&url, "us-east-1");
    let options = CreateOptions::new().without_streams();
    Table::new(&config, TABLE).create(&options).await.expect("is created");
    let store = DynamoStore::new(&config, TABLE);
    let saves = ids.iter().map(|id| {
        let row = Row {
            id: (*id).into(),
            user: Some("ana".into()),
            tenant: Some("lotus".into()),
            endpoint: endpoint.into(),
            connected_at: Timestamp::now(),
            attributes: None,
        };
        let store = &store;
        async move { assert_eq!(store.save(&row).await.expect("is saved"), Saved::Stored) }
    });
    join_all(saves).await;
    url
}

/// Serves the requests of a connection, one after the other.
fn serve(mut stream: &TcpStream, posts: &Posts) -> Option<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut lines, mut length) = (Vec::new(), 0);
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
            if line == "\r\n" {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
            lines.push(line);
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let request = lines.first()?;
        let id = request.split(' ').nth(1)?.rsplit('/').next()?.to_owned();
        thread::sleep(POST_LATENCY);
        let status = match id.split('-').next() {
            Some("gone") => "410 Gone",
            Some("bad") => "400 Bad Request",
            _ => {
                let post = (id, String::from_utf8_lossy(&body).into_owned());
                posts.lock().ok()?.push(post);
                "200 OK"
            }
        };
        write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n").ok()?;
    }
}
