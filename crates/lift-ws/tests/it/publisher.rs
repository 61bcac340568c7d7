//! Sending: everyone meant, nobody else, and a report that adds up.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use lift_ws::{
    Accept, App, ConnectionId, Cursor, Error, Publisher, PushError, Query, Report, State, Text,
    store::MemoryStore,
    test::{Client, Kit, RecordingStore},
};
use proptest::prelude::*;
use tokio::time::Instant;

type Reports = Arc<Mutex<Vec<Report>>>;

/// An app whose messages are sent to the sender's tenant, with the reports put aside.
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

fn totals(reports: &Reports) -> (usize, usize, usize, usize, usize) {
    let report = reports.lock().unwrap().pop().expect("a report");
    (report.sent, report.gone, report.throttled, report.failed, report.skipped)
}

#[tokio::test]
async fn reaches_a_tenant_over_all_pages_each_once() {
    let reports = Reports::default();
    let store = Arc::new(MemoryStore::new().with_page(7));
    let kit = Kit::with_store(app(&reports), store);
    let here = connect(&kit, "here", 100).await;
    let there = connect(&kit, "there", 3).await;
    here[42].send("hi").await;
    assert_eq!(totals(&reports), (100, 0, 0, 0, 0));
    assert!(here.iter().all(|client| client.received() == ["hi"]));
    assert!(there.iter().all(|client| client.received().is_empty()), "nothing crosses tenants");
}

#[tokio::test]
async fn includes_the_sender_while_lists_lag() {
    let reports = Reports::default();
    let store = RecordingStore::default();
    let kit = Kit::with_store(app(&reports), Arc::new(store.clone()));
    let here = connect(&kit, "here", 2).await;
    store.set_lists_lag(true);
    here[0].send("hi").await;
    assert_eq!(here[0].received(), ["hi"]);
    assert_eq!(totals(&reports), (1, 0, 0, 0, 0));
}

#[tokio::test]
async fn counts_the_gone_and_spares_the_young() {
    let reports = Reports::default();
    let store = RecordingStore::default();
    let kit = Kit::with_store(app(&reports), Arc::new(store.clone()));
    let mut here = connect(&kit, "here", 5).await;
    here.remove(4).vanish();
    here.remove(3).vanish();
    here[0].send("hi").await;
    assert_eq!(totals(&reports), (3, 2, 0, 0, 0));
    here[0].send("again").await;
    assert_eq!(totals(&reports), (3, 2, 0, 0, 0), "a 410 in the first minute proves nothing");
}

#[tokio::test(start_paused = true)]
async fn tries_throttled_posts_again_and_gives_up_in_the_end() {
    let reports = Reports::default();
    let kit = Kit::new(app(&reports));
    let here = connect(&kit, "here", 20).await;
    let mut tries: HashMap<ConnectionId, usize> = HashMap::new();
    let stuck = here[7].id().clone();
    kit.push().set_fault(move |id| {
        let tries = tries.entry(id.clone()).or_default();
        *tries += 1;
        (*id == stuck || *tries < 3).then(PushError::throttled)
    });
    here[0].send("hi").await;
    assert_eq!(totals(&reports), (19, 0, 1, 0, 0));
    assert!(here[7].received().is_empty());
}

#[tokio::test(start_paused = true)]
async fn stops_before_the_deadline_and_says_where_to_go_on() {
    let reports = Reports::default();
    let all = async |publish: Publisher, Text(cursor): Text, State(reports): State<Reports>| {
        let mut audience = publish.own_tenant();
        if cursor != "start" {
            audience = audience.resume(serde_json::from_str(&cursor)?);
        }
        let report = audience.text("news").await?;
        reports.lock().unwrap().push(report);
        Ok::<_, Error>(())
    };
    let connect_to = async || Accept::user("u").tenant("here");
    let app = App::with_state(reports.clone()).connect(connect_to).default_route(all);
    let kit = Kit::with_store(app, Arc::new(MemoryStore::new().with_page(10)));
    let here = connect(&kit, "here", 100).await;
    // Ten pages of 4 s each do not fit into 29 s.
    kit.push().set_delay(Duration::from_secs(4));
    let mut next = "start".to_owned();
    let mut rounds = Vec::new();
    loop {
        let start = Instant::now();
        here[0].send(next).await;
        assert!(start.elapsed() < Duration::from_secs(29), "the answer is in time");
        let report = reports.lock().unwrap().pop().expect("a report");
        rounds.push(report.sent);
        match report.cursor {
            Some(cursor) => next = serde_json::to_string(&cursor).unwrap(),
            None => break,
        }
    }
    assert!(rounds.len() > 1, "{rounds:?}");
    assert!(here.iter().all(|client| !client.received().is_empty()), "nobody is missed");
}

#[tokio::test]
async fn stops_at_once_when_posting_is_forbidden() {
    let reports = Reports::default();
    let kit = Kit::new(app(&reports));
    let here = connect(&kit, "here", 500).await;
    kit.push().set_fault(|_| Some(PushError::forbidden("403 ExpiredTokenException")));
    here[0].send("hi").await;
    let report = reports.lock().unwrap().pop().expect("a report");
    assert!(report.forbidden && report.cursor.is_some(), "{report:?}");
    assert_eq!((report.sent, report.gone, report.throttled), (0, 0, 0));
    assert!(report.failed <= 2, "{} posts were tried", report.failed);
}

#[tokio::test]
async fn refuses_a_message_that_no_client_could_get() {
    let handler = async |publish: Publisher| {
        let error = publish.sender().text("x".repeat(131_073)).await.expect_err("is too large");
        assert!(error.is_too_large());
        publish.sender().text("x".repeat(131_072)).await.map(|report| report.sent.to_string())
    };
    let ana = Kit::new(App::new().default_route(handler)).connect("").await.unwrap();
    ana.send("go").await;
    assert_eq!(ana.received().last().unwrap(), "1");
}

#[tokio::test]
async fn reaches_another_tenant_only_by_name() {
    let connect_to = async |Query(query): Query<HashMap<String, String>>| {
        Accept::user("u").tenant(query["tenant"].clone())
    };
    let to = async |publish: Publisher, Text(id): Text| -> Result<String, Error> {
        let own = publish.connection(id.as_str()).text("own").await?;
        let across = publish.across_tenants().connection(id.as_str()).text("across").await?;
        Ok(format!("{} {} {}", own.sent, own.gone, across.sent))
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
async fn lists_and_closes_members() {
    let connect_to = async |Query(query): Query<HashMap<String, String>>| {
        Accept::user(query["user"].clone()).tenant("t")
    };
    let list = async |publish: Publisher, Text(user): Text| -> Result<String, Error> {
        let mut users = Vec::new();
        let mut members = publish.own_tenant().members();
        while let Some(member) = members.next().await {
            users.push(member?.user.unwrap().to_string());
        }
        let _ = publish.user(user).close().await?;
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever fails, the counts add up, and nobody is sent to twice.
    #[test]
    fn the_report_adds_up(fates in prop::collection::vec(0..4_u8, 1..120), page in 1..20_usize) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let reports = Reports::default();
            let kit = Kit::with_store(app(&reports), Arc::new(MemoryStore::new().with_page(page)));
            let here = connect(&kit, "here", fates.len()).await;
            let fate: HashMap<ConnectionId, u8> =
                here.iter().map(|client| client.id().clone()).zip(fates.iter().copied()).collect();
            kit.push().set_fault(move |id| match fate[id] {
                0 => None,
                1 => Some(PushError::gone()),
                2 => Some(PushError::throttled()),
                _ => Some(PushError::failed("connection reset")),
            });
            here[0].send("hi").await;
            let of = |wanted| fates.iter().filter(|fate| **fate == wanted).count();
            assert_eq!(totals(&reports), (of(0), of(1), of(2), of(3), 0));
            for (client, fate) in here.iter().zip(&fates) {
                assert_eq!(client.received().len(), usize::from(*fate == 0));
            }
        });
    }
}

#[tokio::test]
async fn neither_lists_nor_closes_across_tenants() {
    let connect_to = async |Query(query): Query<HashMap<String, String>>| {
        Accept::user("u").tenant(query["tenant"].clone())
    };
    let look = async |publish: Publisher, Text(id): Text| -> Result<String, Error> {
        let listed = publish.connection(id.as_str()).members().next().await.is_some();
        let _ = publish.connection(id.as_str()).close().await?;
        let nobody = publish.connection(id.as_str()).all_but(&id.as_str().into()).close().await?;
        assert_eq!(nobody.total(), 0);
        Ok(listed.to_string())
    };
    let kit = Kit::new(App::new().connect(connect_to).default_route(look));
    let ana = kit.connect("tenant=a").await.unwrap();
    let near = kit.connect("tenant=a").await.unwrap();
    let far = kit.connect("tenant=b").await.unwrap();
    ana.send(far.id().as_str()).await;
    assert_eq!(kit.push().closed(), [], "another tenant's connection is not closed");
    ana.send(near.id().as_str()).await;
    assert_eq!(ana.received(), ["false", "true"]);
    assert_eq!(kit.push().closed(), [near.id().clone()]);
}

#[tokio::test]
async fn a_send_that_somebody_else_goes_on_with_misses_nobody() {
    let all = async |publish: Publisher, Text(cursor): Text| -> Result<(), Error> {
        let cursor: Cursor = serde_json::from_str(&cursor)?;
        let _ = publish.own_tenant().resume(cursor).text("news").await?;
        Ok(())
    };
    let app = App::new().connect(async || Accept::user("u").tenant("t")).default_route(all);
    let kit = Kit::new(app);
    let clients = connect(&kit, "t", 3).await;
    // Nothing was sent yet but to a sender who has gone.
    clients[1].send(r#"{"v":1,"rest":[{"part":{"shard":0,"from":0,"to":4294967295}}]}"#).await;
    assert!(clients.iter().all(|client| client.received() == ["news"]));
}

#[tokio::test(start_paused = true)]
async fn has_at_most_64_posts_under_way() {
    let reports = Reports::default();
    let kit = Kit::new(app(&reports));
    let here = connect(&kit, "here", 129).await;
    kit.push().set_delay(Duration::from_secs(1));
    let start = Instant::now();
    here[0].send("hi").await;
    assert_eq!(totals(&reports), (129, 0, 0, 0, 0));
    assert_eq!(start.elapsed().as_secs(), 3, "the sender, then twice 64");
}
