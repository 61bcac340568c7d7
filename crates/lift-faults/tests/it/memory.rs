//! Lift's store under faults, in memory and with a paused clock, so that the delays of many connections take
//! no time.

use std::time::Duration;

use aws_config::SdkConfig;
use lift_aws::{AwsConfig, DynamoStore, Table, table::CreateOptions};
use lift_faults::{Faults, Link, Plan};
use lift_ws::{
    ConnectionId,
    event::Timestamp,
    store::{Consistency, ListKey, Row, Saved, Store, contract},
};
use tokio::time::{Instant, sleep};

use crate::sdk_without_sockets;

/// A store with a plan and a table.
async fn store(plan: Plan) -> (DynamoStore, Link, Faults) {
    const TABLE: &str = "connections";
    let faults = Faults::new(plan);
    let link = Link::dynamodb_with_copies(
        &faults,
        sdk_without_sockets::database(),
        [sdk_without_sockets::database(), sdk_without_sockets::database()],
    );
    let config = SdkConfig::from(AwsConfig::local("http://localhost", "eu-west-1"));
    let config =
        config.into_builder().http_client(sdk_without_sockets::client(&link)).build().into();
    // The faults affect requests for items, not for tables, so this succeeds.
    Table::new(&config, TABLE).create(&CreateOptions::new()).await.expect("a table");
    (DynamoStore::new(&config, TABLE), link, faults)
}

fn plan(text: &str) -> Plan {
    text.parse().expect("a plan")
}

/// A connection that has just opened.
fn row(number: u64) -> Row {
    Row {
        id: ConnectionId::from(format!("R1kmxc2V{number:06}=")),
        user: Some("ana".into()),
        tenant: Some("general".into()),
        endpoint: "https://k3v9example.execute-api.eu-west-1.amazonaws.com/prod".into(),
        connected_at: Timestamp::now(),
        attributes: None,
    }
}

async fn members(store: &DynamoStore) -> Vec<ConnectionId> {
    let of = ListKey::Tenant("general".into());
    let mut found = Vec::new();
    for part in store.parts(&of, 1).await.expect("parts") {
        let page = store.page(&of, part, None).await.expect("a page");
        assert!(page.next.is_none(), "a list of one page");
        found.extend(page.members.into_iter().map(|member| member.id));
    }
    found
}

#[tokio::test(start_paused = true)]
async fn the_store_keeps_its_contract_through_throttles_and_delays() {
    let plan = plan(
        "[[fault]]\napi = 'dynamodb'\nkind = 'throttle'\nshare = 0.04
         [[fault]]\napi = 'dynamodb'\nkind = 'delay'\nms = '0..200'\nshare = 0.5",
    );
    for seed in 0..3 {
        let (store, ..) = store(plan.clone().with_seed(seed)).await;
        contract::all(&store).await;
    }
}

/// Faults of writes that must not break the store.
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
async fn no_row_of_an_ended_connection_is_recreated() {
    const CONNECTIONS: u64 = 60;
    for seed in 0..4 {
        let (store, link, faults) = store(plan(WRITES).with_seed(seed)).await;
        for number in 0..CONNECTIONS {
            let row = row(number);
            // Each handshake, also a refused one, is followed by the tombstone.
            let _ = store.save(&row).await;
            while store.remove(&row.id).await.is_err() {
                sleep(Duration::from_millis(50)).await;
            }
        }
        link.wait_until_idle().await;
        let report = faults.report();
        for number in 0..CONNECTIONS {
            let found =
                store.get(&row(number).id, Consistency::Consistent).await.expect("a response");
            assert!(found.is_none(), "{found:?} was recreated: {report}");
        }
        assert_eq!(members(&store).await, [], "{report}");
        assert!(report.total() > CONNECTIONS, "{report}");
    }
}

#[tokio::test(start_paused = true)]
async fn calls_that_hang_end_after_three_seconds() {
    let hangs = "[[fault]]\napi = 'dynamodb'\nkind = 'hang'\nafter = 60\nfor = 10";
    let (store, ..) = store(plan(hangs)).await;
    assert_eq!(store.save(&row(1)).await.expect("before it"), Saved::Stored);
    sleep(Duration::from_secs(60)).await;
    let start = Instant::now();
    store.save(&row(2)).await.expect_err("no response");
    assert!(start.elapsed() <= Duration::from_millis(3_100), "{:?}", start.elapsed());
    sleep(Duration::from_secs(10)).await;
    assert_eq!(store.save(&row(3)).await.expect("after it"), Saved::Stored);
}

#[tokio::test(start_paused = true)]
async fn handshakes_pass_while_three_in_ten_requests_are_throttled() {
    const HANDSHAKES: u64 = 1_000;
    let throttles = "[[fault]]\napi = 'dynamodb'\nkind = 'throttle'\nshare = 0.3";
    let (store, ..) = store(plan(throttles).with_seed(18)).await;
    let (mut passed, mut times) = (0, Vec::new());
    for number in 0..HANDSHAKES {
        let start = Instant::now();
        passed += u64::from(store.save(&row(number)).await.is_ok());
        times.push(start.elapsed());
    }
    times.sort_unstable();
    let (max, p99) = (times[times.len() - 1], times[times.len() * 99 / 100]);
    assert!(passed >= 999, "{passed} of {HANDSHAKES}; 99 % within {p99:?}, all within {max:?}");
    assert!(p99 <= Duration::from_secs(2), "99 % within {p99:?}, all within {max:?}");
}
