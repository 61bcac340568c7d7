//! One schedule: some connections of a tenant open, send and end, in an order and with faults that a seed
//! decides. Then the stored rows are compared with the state of the connections.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aws_config::SdkConfig;
use bytes::Bytes;
use fastrand::Rng;
use futures_util::future::join_all;
use http::Request;
use lift_aws::{AwsConfig, DynamoStore, Table, table::CreateOptions};
use lift_faults::{Faults, Link, Plan, Upstream};
use lift_ws::{
    ConnectionId, Service,
    service::Invocation,
    store::{Consistency, ListKey, Store},
};
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout};

use crate::sdk_without_sockets;

use super::{
    app::{Disconnects, GROUP, Kind, TENANT, app, event},
    gateway::{Gateway, Phase},
};

const TABLE: &str = "connections";

/// The faults between the store and DynamoDB, as shares of the requests.
const FAULTS: &str = r#"
    [[fault]]
    api = "dynamodb"
    kind = "delay"
    share = 0.4
    ms = "1..400"

    [[fault]]
    api = "dynamodb"
    kind = "reset"
    lost = "answer"
    share = 0.06

    [[fault]]
    api = "dynamodb"
    kind = "reset"
    lost = "request"
    share = 0.03

    [[fault]]
    api = "dynamodb"
    kind = "throttle"
    share = 0.03

    [[fault]]
    api = "dynamodb"
    kind = "duplicate"
    share = 0.06
    ms = "1..2500"

    [[fault]]
    api = "dynamodb"
    kind = "index-lag"
    ms = "0..2000"
"#;

/// One connection of a schedule.
struct Client {
    id: ConnectionId,
    connected_at: u64,
    /// Whether a `$disconnect` was handled completely.
    ended: AtomicBool,
}

/// The error that a schedule found.
pub(super) type Failure = String;

/// Runs the schedule of a seed.
pub(super) async fn run(seed: u64, change: Change) -> Result<(), Failure> {
    let mut rng = Rng::with_seed(seed);
    let plan: Plan = FAULTS.parse().expect("a plan");
    let faults = Faults::new(plan.with_seed(seed));
    let an_hour_later = Arc::new(AtomicBool::new(false));
    let database = changed(
        sdk_without_sockets::database(),
        with_older_connections(an_hour_later.clone(), change),
    );
    let link = Link::dynamodb_with_copies(
        &faults,
        database,
        [sdk_without_sockets::database(), sdk_without_sockets::database()],
    );
    let config = config(&link);
    create_table(&config).await;
    let store = Arc::new(DynamoStore::new(&config, TABLE));
    let (gateway, disconnects) = (Gateway::default(), Disconnects::default());
    let service = app(disconnects.clone()).into_service(store.clone(), Arc::new(gateway.clone()));

    let clients: Vec<Arc<Client>> = (0..3).map(|n| Arc::new(Client::new(seed, n))).collect();
    join_all(clients.iter().map(|client| run_client(client, &service, &gateway, rng.fork()))).await;
    // All delayed requests and index changes are executed.
    link.wait_until_idle().await;

    for client in &clients {
        let row = row(&store, &client.id).await;
        let phase = gateway.phase(&client.id);
        if phase == Phase::Open && !row {
            return Err(format!("{}: the row of an open connection is missing", client.id));
        }
        if client.ended.load(Ordering::Relaxed) && row {
            return Err(format!("{}: a connection that ended has a row", client.id));
        }
        let ran = disconnects.lock().expect("a lock").get(&client.id).copied().unwrap_or(0);
        if ran > 1 {
            return Err(format!("{}: its $disconnect handler ran {ran} times", client.id));
        }
    }
    // An hour later a client sends messages. Rows that were left by mistake are found by a 410.
    an_hour_later.store(true, Ordering::Relaxed);
    let late = Client::new(seed, 9);
    gateway.set(&late.id, Phase::Open);
    for kind in [Kind::Connect, Kind::Say, Kind::Say, Kind::Say] {
        // Faults may fail some of these calls, but not all.
        call(&service, kind, &late).await;
    }
    link.wait_until_idle().await;
    for client in &clients {
        let (row, phase) = (row(&store, &client.id).await, gateway.phase(&client.id));
        if phase == Phase::Open && !row {
            return Err(format!("{}: the row of an open connection was removed", client.id));
        }
    }
    let tenant = ListKey::Tenant(TENANT.into());
    let group = ListKey::Group { tenant: Some(TENANT.into()), group: GROUP.into() };
    for of in [tenant, group] {
        for member in listed(&store, &of).await {
            if !row(&store, &member).await {
                return Err(format!("{member} is listed in {of:?} and has no row"));
            }
        }
    }
    Ok(())
}

async fn run_client(client: &Arc<Client>, service: &Service, gateway: &Gateway, mut rng: Rng) {
    pause(&mut rng, 800).await;
    gateway.set(&client.id, Phase::Handshake);
    let connect = call(service, Kind::Connect, client);
    // Some clients give up before the response. The function is not notified of it.
    let client_timeout = if rng.u8(..100) < 20 { rng.u64(..600) } else { 29_000 };
    let mut connect = Box::pin(connect);
    let accepted = timeout(Duration::from_millis(client_timeout), &mut connect).await;
    let opened = accepted == Ok(Some(200));
    gateway.set(&client.id, if opened { Phase::Open } else { Phase::Closed });
    let rest = async {
        if accepted.is_err() {
            connect.await;
        }
    };
    let mut retry_rng = rng.fork();
    let retried_connect = async {
        // The caller may invoke the function again, also after seconds.
        if retry_rng.u8(..100) < 40 {
            pause(&mut retry_rng, 6_000).await;
            call(service, Kind::Connect, client).await;
        }
    };
    let messages_and_end = async {
        if opened {
            for _ in 0..rng.u8(..4) {
                pause(&mut rng, 700).await;
                let kinds = [Kind::Say, Kind::Say, Kind::Say, Kind::Note, Kind::Join];
                let kind = kinds[rng.usize(..kinds.len())];
                call(service, kind, client).await;
            }
            if rng.u8(..100) < 25 {
                return;
            }
            gateway.set(&client.id, Phase::Closed);
        }
        // A refused handshake has no `$disconnect`. For other clients it may be lost or come twice.
        let has_disconnect = opened || accepted.is_err();
        for _ in 0..if has_disconnect { rng.u8(..3) } else { 0 } {
            pause(&mut rng, 900).await;
            if call(service, Kind::Disconnect, client).await == Some(200) {
                client.ended.store(true, Ordering::Relaxed);
            }
        }
    };
    tokio::join!(rest, retried_connect, messages_and_end);
}

/// Invokes the app; returns the status of the reply.
async fn call(service: &Service, kind: Kind, client: &Client) -> Option<u64> {
    let payload = event(kind, &client.id, client.connected_at);
    let deadline = Instant::now() + Duration::from_secs(29);
    let reply = service.call(Invocation::new(payload, deadline)).await.expect("a valid event");
    let reply: serde_json::Value = serde_json::from_slice(&reply).expect("JSON");
    reply["statusCode"].as_u64()
}

async fn pause(rng: &mut Rng, max: u64) {
    sleep(Duration::from_millis(rng.u64(..max))).await;
}

impl Client {
    fn new(seed: u64, n: u32) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis();
        Self {
            id: format!("R{seed:08x}{n}IFIA=").into(),
            connected_at: u64::try_from(now).expect("fits 64 bits"),
            ended: AtomicBool::new(false),
        }
    }
}

/// Changes a request before dynoxide gets it.
pub(super) type Change = Arc<dyn Fn(&str, Value) -> (String, Value) + Send + Sync>;

/// dynoxide with changed requests.
fn changed(database: impl Upstream, change: Change) -> impl Upstream {
    move |request: Request<Bytes>| {
        let (mut head, body) = request.into_parts();
        let target = head.headers["x-amz-target"].to_str().expect("ASCII").to_owned();
        let (version, operation) = target.split_once('.').expect("a version and an operation");
        let body = serde_json::from_slice(&body).expect("JSON");
        let (operation, body) = change(operation, body);
        let target = format!("{version}.{operation}").parse().expect("ASCII");
        head.headers.insert("x-amz-target", target);
        database.call(Request::from_parts(head, body.to_string().into()))
    }
}

fn config(link: &Link) -> AwsConfig {
    let config = SdkConfig::from(AwsConfig::local("http://localhost", "eu-west-1"));
    config.into_builder().http_client(sdk_without_sockets::client(link)).build().into()
}

/// Once `an_hour_later` is set, changes requests as if all connections were an hour older.
fn with_older_connections(an_hour_later: Arc<AtomicBool>, change: Change) -> Change {
    Arc::new(move |operation, mut body| {
        if an_hour_later.load(Ordering::Relaxed) {
            later(&mut body, 3_600_000);
        }
        change(operation, body)
    })
}

/// Changes the limit of a connection's opening time in requests that remove rows after a 410.
pub(super) fn later(body: &mut serde_json::Value, millis: u64) {
    let before = body.pointer_mut("/ExpressionAttributeValues/:before/N");
    if let Some(before) = before {
        let limit: u64 = before.as_str().expect("text").parse().expect("a number");
        *before = (limit + millis).to_string().into();
    }
}

async fn create_table(config: &AwsConfig) {
    let table = Table::new(config, TABLE);
    for _ in 0..20 {
        if table.create(&CreateOptions::new().without_streams()).await.is_ok() {
            return;
        }
    }
    panic!("no table after 20 attempts");
}

async fn row(store: &DynamoStore, id: &ConnectionId) -> bool {
    for _ in 0..20 {
        if let Ok(row) = store.get(id, Consistency::Consistent).await {
            return row.is_some();
        }
    }
    panic!("no response after 20 attempts");
}

async fn listed(store: &DynamoStore, of: &ListKey) -> Vec<ConnectionId> {
    'retry: loop {
        let mut all = Vec::new();
        let Ok(parts) = store.parts(of, 1).await else { continue };
        for part in parts {
            let Ok(page) = store.page(of, part, None).await else { continue 'retry };
            all.extend(page.members.into_iter().map(|member| member.id));
        }
        return all;
    }
}
