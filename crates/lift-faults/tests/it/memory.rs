//! Lift's store, the AWS SDK and the embedded engine with no socket between them: tokio's clock is
//! paused, so that the delays and the lags of many lives of connections take no time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_smithy_runtime_api::client::{
    http::{
        HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
    },
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
};
use bytes::Bytes;
use dynoxide::{Database, Result as EngineResult};
use http::{Request, Response};
use lift_aws::{DynamoStore, Table};
use lift_faults::{Faults, Link, Plan, Upstream, UpstreamError};
use lift_ws::{
    ConnectionId,
    store::{Members, Read, Row, Saved, Store, contract},
};
use serde::{Serialize, de::DeserializeOwned};
use tokio::time::{Instant, sleep};

/// The engine as an API.
fn engine() -> impl Upstream {
    let database = Database::memory().expect("a database in memory");
    move |request: Request<Bytes>| {
        let target = request.headers()["x-amz-target"].to_str().expect("a text");
        let operation = target.split_once('.').expect("an operation").1;
        let answer = answer(&database, operation, request.body());
        let (status, body) = match answer {
            Ok(body) => (200, body),
            Err(error) => (error.status_code(), error.to_json()),
        };
        let response = Response::builder().status(status).body(Bytes::from(body));
        std::future::ready(response.map_err(UpstreamError::from))
    }
}

fn answer(database: &Database, operation: &str, body: &[u8]) -> EngineResult<String> {
    fn run<I: DeserializeOwned, O: Serialize>(
        body: &[u8],
        run: impl FnOnce(I) -> EngineResult<O>,
    ) -> EngineResult<String> {
        let request = serde_json::from_slice(body).expect("a request");
        Ok(serde_json::to_string(&run(request)?).expect("a response"))
    }
    match operation {
        "CreateTable" => run(body, |request| database.create_table(request)),
        "DescribeTable" => run(body, |request| database.describe_table(request)),
        "UpdateTimeToLive" => run(body, |request| database.update_time_to_live(request)),
        "PutItem" => run(body, |request| database.put_item(request)),
        "GetItem" => run(body, |request| database.get_item(request)),
        "UpdateItem" => run(body, |request| database.update_item(request)),
        "DeleteItem" => run(body, |request| database.delete_item(request)),
        "Query" => run(body, |request| database.query(request)),
        "Scan" => run(body, |request| database.scan(request)),
        other => panic!("{other} is not needed"),
    }
}

/// The SDK's way to a link.
#[derive(Clone, Debug)]
struct Direct(Link);

impl HttpConnector for Direct {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let link = self.0.clone();
        HttpConnectorFuture::new(async move {
            let body = Bytes::copy_from_slice(request.body().bytes().expect("in memory"));
            let mut sent = Request::post(request.uri());
            for (name, value) in request.headers() {
                sent = sent.header(name, value);
            }
            let answer = link.call(sent.body(body).expect("a request")).await;
            let answer = answer.map_err(|reset| ConnectorError::io(reset.into()))?;
            let status = answer.status().as_u16().try_into().expect("a status");
            Ok(HttpResponse::new(status, answer.into_body().into()))
        })
    }
}

/// A store behind a plan, with its table made.
async fn store(plan: Plan) -> (DynamoStore, Link, Faults) {
    const TABLE: &str = "connections";
    let faults = Faults::new(plan);
    let link = Link::dynamodb_with_copies(&faults, engine(), [engine(), engine()]);
    let connector = SharedHttpConnector::new(Direct(link.clone()));
    let client: SharedHttpClient = http_client_fn(move |_, _| connector.clone());
    let config = lift_aws::local_config("http://localhost", "eu-west-1");
    let config = config.into_builder().http_client(client).build();
    // The faults fall on items, not on tables, so this passes.
    Table::new(&config, TABLE).create_if_missing().await.expect("a table");
    (DynamoStore::new(&config, TABLE), link, faults)
}

fn plan(text: &str) -> Plan {
    text.parse().expect("a plan")
}

/// A connection that has just opened.
fn row(number: u64) -> Row {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis();
    Row {
        id: ConnectionId::from(format!("R1kmxc2V{number:06}=")),
        user: Some("ana".into()),
        tenant: Some("general".into()),
        endpoint: "https://k3v9example.execute-api.eu-west-1.amazonaws.com/prod".into(),
        connected_at: u64::try_from(now).expect("in this age"),
        attributes: None,
    }
}

async fn members(store: &DynamoStore) -> Vec<ConnectionId> {
    let of = Members::Tenant("general".into());
    let mut found = Vec::new();
    for part in store.parts(&of).await.expect("parts") {
        let page = store.page(&of, part, None).await.expect("a page");
        assert!(page.next.is_none(), "few are open");
        found.extend(page.members.into_iter().map(|member| member.id));
    }
    found
}

#[tokio::test(start_paused = true)]
async fn the_store_keeps_its_contract_through_throttles_and_delays() {
    let plan = plan(
        "[[fault]]\napi = 'dynamodb'\nkind = 'throttle'\nshare = 0.1
         [[fault]]\napi = 'dynamodb'\nkind = 'delay'\nms = '0..200'\nshare = 0.5",
    );
    for seed in 0..3 {
        let (store, ..) = store(plan.clone().with_seed(seed)).await;
        contract::all(&store).await;
    }
}

/// The faults of writes that the store must survive without being told.
const WRITES: &str = "
    [[fault]]
    api = 'dynamodb'
    operation = 'PutItem'
    kind = 'delay'
    ms = '0..1500'
    share = 0.2

    [[fault]]
    api = 'dynamodb'
    operation = 'PutItem'
    kind = 'throttle'
    share = 0.15

    [[fault]]
    api = 'dynamodb'
    operation = 'PutItem'
    kind = 'reset'
    lost = 'answer'
    share = 0.1

    [[fault]]
    api = 'dynamodb'
    operation = 'PutItem'
    kind = 'duplicate'
    ms = '0..4000'
    share = 0.1

    [[fault]]
    api = 'dynamodb'
    kind = 'index-lag'
    ms = '0..3000'
";

#[tokio::test(start_paused = true)]
async fn no_connection_that_ended_comes_back() {
    const LIVES: u64 = 60;
    for seed in 0..4 {
        let (store, link, faults) = store(plan(WRITES).with_seed(seed)).await;
        for number in 0..LIVES {
            let row = row(number);
            // Refused or not, every handshake is followed by the tombstone.
            let _ = store.save(&row).await;
            while store.remove(&row.id).await.is_err() {
                sleep(Duration::from_millis(50)).await;
            }
        }
        // What was sent late, and twice, has arrived, and the indexes have seen it.
        sleep(Duration::from_secs(10)).await;
        link.settle().await;
        let report = faults.report();
        for number in 0..LIVES {
            let found = store.get(&row(number).id, Read::Consistent).await.expect("an answer");
            assert!(found.is_none(), "{found:?} came back: {report}");
        }
        assert_eq!(members(&store).await, [], "{report}");
        assert!(report.total() > LIVES, "{report}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_black_hole_lets_nobody_wait_for_long() {
    let hole = "[[fault]]\napi = 'dynamodb'\nkind = 'hang'\nafter = 60\nfor = 10";
    let (store, ..) = store(plan(hole)).await;
    assert_eq!(store.save(&row(1)).await.expect("before it"), Saved::Stored);
    sleep(Duration::from_secs(60)).await;
    let begun = Instant::now();
    store.save(&row(2)).await.expect_err("nothing answers");
    assert!(begun.elapsed() <= Duration::from_millis(3_100), "{:?}", begun.elapsed());
    sleep(Duration::from_secs(10)).await;
    assert_eq!(store.save(&row(3)).await.expect("after it"), Saved::Stored);
}
