//! Sending: all connections of the target get the message, and no others.

mod attempts;
mod global;
mod results;
mod stops;
mod targets;
mod thresholds;
mod throttles;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use lift_ws::{
    Accept, App, Error, Publisher, Query, Report, State, Text,
    publish::Counts,
    store::MemoryStore,
    test::{Client, Kit, RecordingStore},
};
use tokio::time::sleep;

type Reports = Arc<Mutex<Vec<Report>>>;

/// An app that sends each message to the sender's tenant, and keeps the reports.
fn app(reports: &Reports) -> App<Reports> {
    let connect = async |Query(query): Query<HashMap<String, String>>| {
        let get = |key: &str| query.get(key).cloned().unwrap_or_default();
        Accept::user(get("user")).tenant(get("tenant"))
    };
    let all = async |publish: Publisher, Text(text): Text, State(reports): State<Reports>| {
        let report = publish.own_tenant().text(text).await?;
        reports.lock().unwrap().push(report);
        Ok::<_, Error>(())
    };
    App::with_state(reports.clone()).connect(connect).default_route(all)
}

async fn connect(kit: &Kit, tenant: &str, count: usize) -> Vec<Client> {
    let mut clients = Vec::new();
    for n in 0..count {
        clients.push(kit.connect(&format!("user=u{n}&tenant={tenant}")).await.unwrap());
    }
    clients
}

/// Takes the last report: how many were sent to, gone, throttled, failed and skipped.
fn last_counts(reports: &Reports) -> (u64, u64, u64, u64, u64) {
    counts(&reports.lock().unwrap().pop().expect("a report"))
}

fn counts(report: &Report) -> (u64, u64, u64, u64, u64) {
    let Counts { sent, gone, throttled, failed, skipped, .. } = report.counts;
    (sent, gone, throttled, failed, skipped)
}

#[tokio::test]
async fn a_send_to_a_tenant_reaches_each_connection_of_all_pages_once() {
    let reports = Reports::default();
    let store = Arc::new(MemoryStore::new().with_page(7));
    let kit = Kit::with_store(app(&reports), store);
    let here = connect(&kit, "here", 100).await;
    let there = connect(&kit, "there", 3).await;
    here[42].send("hi").await;
    assert_eq!(last_counts(&reports), (100, 0, 0, 0, 0));
    assert!(here.iter().all(|client| client.received() == ["hi"]));
    assert!(
        there.iter().all(|client| client.received().is_empty()),
        "no message reaches another tenant"
    );
}

#[tokio::test(start_paused = true)]
async fn the_sender_is_included_while_lists_lag_by_three_seconds() {
    let reports = Reports::default();
    let store = RecordingStore::default();
    let kit = Kit::with_store(app(&reports), Arc::new(store.clone()));
    store.set_lists_lag(true);
    let here = connect(&kit, "here", 2).await;
    let lists = store.clone();
    tokio::spawn(async move {
        sleep(Duration::from_secs(3)).await;
        lists.set_lists_lag(false);
    });
    for second in 0..3 {
        here[0].send(format!("{second}")).await;
        assert_eq!(last_counts(&reports), (1, 0, 0, 0, 0));
        sleep(Duration::from_millis(900)).await;
    }
    assert_eq!(here[0].received(), ["0", "1", "2"]);
    assert_eq!(here[1].received(), [] as [&str; 0], "the other connection is not listed yet");
    sleep(Duration::from_secs(1)).await;
    here[0].send("all").await;
    assert_eq!(
        last_counts(&reports),
        (2, 0, 0, 0, 0),
        "the sender gets it once, also when the list has it"
    );
    assert!(here.iter().all(|client| client.received() == ["all"]));
}

#[tokio::test]
async fn gone_connections_are_counted_and_rows_of_young_ones_kept() {
    let reports = Reports::default();
    let store = RecordingStore::default();
    let kit = Kit::with_store(app(&reports), Arc::new(store.clone()));
    let mut here = connect(&kit, "here", 5).await;
    here.remove(4).drop_connection();
    here.remove(3).drop_connection();
    here[0].send("hi").await;
    assert_eq!(last_counts(&reports), (3, 2, 0, 0, 0));
    here[0].send("again").await;
    assert_eq!(last_counts(&reports), (3, 2, 0, 0, 0), "a 410 in the first minute removes no row");
}

#[tokio::test]
async fn a_message_that_is_too_large_is_refused() {
    let handler = async |publish: Publisher| {
        let error = publish.sender().text("x".repeat(131_073)).await.expect_err("is too large");
        assert!(error.is_too_large());
        publish
            .sender()
            .text("x".repeat(131_072))
            .await
            .map(|report| report.counts.sent.to_string())
    };
    let ana = Kit::new(App::new().default_route(handler)).connect("").await.unwrap();
    ana.send("go").await;
    assert_eq!(ana.received().last().unwrap(), "1");
}

#[tokio::test]
async fn another_tenant_is_reached_only_with_across_tenants() {
    let connect_to = async |Query(query): Query<HashMap<String, String>>| {
        Accept::user("u").tenant(query["tenant"].clone())
    };
    let to = async |publish: Publisher, Text(id): Text| -> Result<String, Error> {
        let own = publish.connection(id.as_str()).text("own").await?;
        let across = publish.across_tenants().connection(id.as_str()).text("across").await?;
        Ok(format!("{} {} {}", own.counts.sent, own.counts.gone, across.counts.sent))
    };
    let kit = Kit::new(App::new().connect(connect_to).default_route(to));
    let ana = kit.connect("tenant=a").await.unwrap();
    let near = kit.connect("tenant=a").await.unwrap();
    let far = kit.connect("tenant=b").await.unwrap();
    ana.send(near.id().as_str()).await;
    ana.send(far.id().as_str()).await;
    assert_eq!(ana.received(), ["1 0 1", "0 1 1"]);
    assert_eq!(near.received(), ["own", "across"]);
    assert_eq!(far.received(), ["across"]);
}

#[tokio::test]
async fn members_are_listed_and_closed() {
    let connect_to = async |Query(query): Query<HashMap<String, String>>| {
        Accept::user(query["user"].clone()).tenant("t")
    };
    let list = async |publish: Publisher, Text(user): Text| -> Result<String, Error> {
        let mut users = Vec::new();
        let mut members = publish.own_tenant().members();
        while let Some(member) = members.next().await {
            users.push(member?.user.unwrap().to_string());
        }
        publish.user(user).close().await?;
        users.sort();
        Ok(users.join(" "))
    };
    let kit = Kit::new(App::new().connect(connect_to).default_route(list));
    let ana = kit.connect("user=ana").await.unwrap();
    let bob = kit.connect("user=bob").await.unwrap();
    let bob_too = kit.connect("user=bob").await.unwrap();
    ana.send("bob").await;
    assert_eq!(ana.received(), ["ana bob bob"]);
    let mut closed = kit.push().closed();
    closed.sort();
    assert_eq!(closed, [bob.id().clone(), bob_too.id().clone()]);
}

#[tokio::test]
async fn members_of_another_tenant_are_neither_listed_nor_closed() {
    let connect_to = async |Query(query): Query<HashMap<String, String>>| {
        Accept::user("u").tenant(query["tenant"].clone())
    };
    let list_and_close = async |publish: Publisher, Text(id): Text| -> Result<String, Error> {
        let listed = publish.connection(id.as_str()).members().next().await.is_some();
        publish.connection(id.as_str()).close().await?;
        let without_itself =
            publish.connection(id.as_str()).except(&id.as_str().into()).close().await?;
        assert_eq!(without_itself.total(), 0);
        Ok(listed.to_string())
    };
    let kit = Kit::new(App::new().connect(connect_to).default_route(list_and_close));
    let ana = kit.connect("tenant=a").await.unwrap();
    let near = kit.connect("tenant=a").await.unwrap();
    let far = kit.connect("tenant=b").await.unwrap();
    ana.send(far.id().as_str()).await;
    assert_eq!(kit.push().closed(), [], "another tenant's connection is not closed");
    ana.send(near.id().as_str()).await;
    assert_eq!(ana.received(), ["false", "true"]);
    assert_eq!(kit.push().closed(), [near.id().clone()]);
}
