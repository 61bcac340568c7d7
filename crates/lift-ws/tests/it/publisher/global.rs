//! The global publisher: endpoints, counting, and parts for other processes.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use lift_ws::{
    ConnectionId, GlobalPublisher,
    event::Timestamp,
    publish::{Counts, Recipient, SendPart},
    push::Endpoint,
    store::{MemoryStore, Row, Saved, Store},
    test::{Operation, RecordingPush, RecordingStore},
};
use tokio::time::Instant;

const ENDPOINT: &str = "memory://row/prod";

struct Setup {
    store: RecordingStore,
    push: RecordingPush,
    publisher: GlobalPublisher,
    ids: Vec<ConnectionId>,
}

/// Connections in the tenant `t`, all open.
async fn setup(count: usize) -> Setup {
    let store = RecordingStore::new(MemoryStore::new().with_page(100));
    let push = RecordingPush::new();
    let mut ids = Vec::new();
    for n in 0..count {
        let row = Row {
            id: format!("R1kmx{n:05}IFIA=").into(),
            user: Some("ana".into()),
            tenant: Some("t".into()),
            endpoint: ENDPOINT.into(),
            connected_at: Timestamp::from_millis(u64::MAX / 2),
            attributes: None,
        };
        assert_eq!(store.save(&row).await.unwrap(), Saved::Stored);
        push.open(&row.id);
        ids.push(row.id);
    }
    let publisher = GlobalPublisher::new(Arc::new(store.clone()), Arc::new(push.clone()));
    Setup { store, push, publisher, ids }
}

impl Setup {
    fn endpoint(&self) -> Option<Endpoint> {
        self.push.endpoint_of(&self.ids[0])
    }

    fn received(&self) -> Vec<usize> {
        self.ids.iter().map(|id| self.push.take(id).len()).collect()
    }
}

#[tokio::test]
async fn posts_go_to_the_endpoint_of_the_row_unless_another_is_given() {
    let setup = setup(1).await;
    let id = || setup.ids[0].as_str();
    let by_row = setup.publisher.clone().with_fallback("memory://fallback/prod");
    assert_eq!(by_row.tenant("t").text("x").await.unwrap().counts.sent, 1);
    assert_eq!(setup.endpoint(), Some(ENDPOINT.into()));
    assert_eq!(by_row.connection(id()).text("x").await.unwrap().counts.sent, 1);
    assert_eq!(setup.endpoint(), Some(ENDPOINT.into()));
    let given = Recipient::from(id()).with_endpoint("memory://given/prod");
    assert_eq!(by_row.connections([given.clone()]).text("x").await.unwrap().counts.sent, 1);
    assert_eq!(setup.endpoint(), Some("memory://given/prod".into()));
    let reads = setup.store.operations().len();
    let only = setup.publisher.clone().with_endpoint("memory://only/prod");
    assert_eq!(only.connections([given]).text("x").await.unwrap().counts.sent, 1);
    assert_eq!(only.connection(id()).text("x").await.unwrap().counts.sent, 1);
    assert_eq!(setup.endpoint(), Some("memory://only/prod".into()));
    assert_eq!(setup.store.operations().len(), reads, "no row is read for an endpoint");

    let unmanaged = ConnectionId::from("unmanaged=");
    setup.push.open(&unmanaged);
    let to = |publisher: &GlobalPublisher| publisher.connection("unmanaged=").text("x");
    assert_eq!(to(&setup.publisher).await.unwrap().counts.gone, 1, "its endpoint is unknown");
    assert_eq!(to(&by_row).await.unwrap().counts.sent, 1);
    assert_eq!(setup.push.endpoint_of(&unmanaged), Some("memory://fallback/prod".into()));
}

#[tokio::test]
async fn users_are_reached_with_or_without_a_tenant() {
    let setup = setup(3).await;
    let sent =
        async |audience: lift_ws::publish::Audience| audience.text("x").await.unwrap().counts.sent;
    assert_eq!(sent(setup.publisher.user("t", "ana")).await, 3);
    assert_eq!(sent(setup.publisher.user("other", "ana")).await, 0);
    assert_eq!(sent(setup.publisher.user_without_tenant("ana")).await, 0);
    assert_eq!(sent(setup.publisher.tenant("t").except(&setup.ids[1])).await, 2);
    assert_eq!(sent(setup.publisher.group("t", "tea")).await, 0);
    assert_eq!(setup.received(), [2, 1, 2]);
}

#[tokio::test]
async fn info_and_close_have_typed_errors() {
    let setup = setup(1).await;
    let id = setup.ids[0].as_str();
    let info = setup.publisher.info(id).await.unwrap();
    assert_eq!((info.source_ip.as_str(), info.user_agent), ("127.0.0.1", None));
    setup.publisher.close(id).await.unwrap();
    assert!(setup.publisher.close(id).await.expect_err("is closed").is_gone());
    assert!(setup.publisher.info(id).await.expect_err("is closed").is_gone());
    assert!(setup.publisher.info("never-there=").await.expect_err("does not exist").is_gone());
}

#[tokio::test]
async fn count_is_exact_and_estimate_samples_a_large_list() {
    let setup = setup(20_000).await;
    assert_eq!(setup.publisher.tenant("t").count().await.unwrap(), 20_000);
    let except_one = setup.publisher.tenant("t").except(&setup.ids[3]);
    assert_eq!(except_one.count().await.unwrap(), 19_999);
    let before = setup.store.operations().len();
    let estimate = setup.publisher.tenant("t").estimate().await.unwrap();
    assert!(!estimate.exact);
    // With a sample of a thousand, the standard deviation is 3 %. The test allows five times that.
    assert!((17_000..23_000).contains(&estimate.connections), "{estimate:?}");
    assert!(estimate.parts(5000) >= 4, "{estimate:?}");
    let calls = setup.store.operations()[before..].to_vec();
    assert!(calls.len() <= 4 && !calls.contains(&Operation::Page), "{calls:?}");

    let few = self::setup(30).await;
    let estimate = few.publisher.tenant("t").estimate().await.unwrap();
    assert_eq!((estimate.connections, estimate.exact, estimate.parts(5000)), (30, true, 1));
    let empty = few.publisher.tenant("empty").estimate().await.unwrap();
    assert_eq!((empty.connections, empty.exact, empty.parts(5000)), (0, true, 1));
}

#[tokio::test]
async fn parts_in_any_order_reach_each_connection_once() {
    let setup = setup(1000).await;
    let audience = || setup.publisher.tenant("t").except(&setup.ids[0]);
    let mut parts = audience().split(7).await.unwrap();
    assert!(parts.len() >= 7);
    parts.reverse();
    let mut all = Counts::default();
    for part in parts {
        let text = serde_json::to_string(&part).unwrap();
        assert!(text.len() < 400, "{text}");
        let part: SendPart = serde_json::from_str(&text).unwrap();
        let report = setup.publisher.part(part).text("news").await.unwrap();
        assert!(report.cursor.is_none() && report.counts.sent > 50, "{report:?}");
        all += report.counts;
    }
    assert_eq!(all.sent, 999);
    let received = setup.received();
    assert_eq!((received[0], received.iter().sum()), (0, 999), "all but one, each once");
}

#[tokio::test]
async fn a_target_of_ids_is_split_into_parts_too() {
    let setup = setup(10).await;
    let parts = setup.publisher.connections(setup.ids.iter().cloned()).split(3).await.unwrap();
    assert_eq!(parts.len(), 3);
    let mut reached = BTreeSet::new();
    for part in parts {
        let report = setup.publisher.part(part).with_ids().text("news").await.unwrap();
        reached.extend(report.ids(lift_ws::publish::Outcome::Sent).cloned());
    }
    assert_eq!(reached.len(), 10);
}

#[tokio::test]
async fn thousands_of_ids_are_reached_over_all_pages_each_once() {
    for count in [1000, 1001, 2500] {
        let push = RecordingPush::new();
        let ids: Vec<ConnectionId> = (0..count).map(|n| format!("R1kmx{n}=").into()).collect();
        ids.iter().for_each(|id| push.open(id));
        let publisher =
            GlobalPublisher::new(Arc::new(RecordingStore::default()), Arc::new(push.clone()))
                .with_endpoint(ENDPOINT);
        let report = publisher.connections(ids.iter().cloned()).text("news").await.unwrap();
        assert_eq!((report.counts.sent, report.total()), (count, count));
        assert!(ids.iter().all(|id| push.take(id).len() == 1));
    }
}

/// A publisher with time for three times ten posts of 100 ms.
fn in_a_hurry(setup: &Setup) -> GlobalPublisher {
    setup.push.set_delay(Duration::from_millis(100));
    setup.publisher.clone().with_deadline(Instant::now() + Duration::from_millis(500 + 320))
}

#[tokio::test(start_paused = true)]
async fn a_part_that_stops_early_goes_on_from_its_cursor() {
    let setup = setup(150).await;
    let mut parts = setup.publisher.tenant("t").split(1).await.unwrap();
    let mut part = parts.pop().expect("one part");
    assert!(parts.is_empty());
    let mut rounds = 1;
    while let Some(cursor) = {
        let audience = in_a_hurry(&setup).part(part.clone()).concurrency(10);
        audience.text("news").await.unwrap().cursor
    } {
        part = part.resume(cursor);
        rounds += 1;
        assert!(rounds < 10, "it goes on where it stopped");
    }
    // Posts that were in flight when the time was over are repeated.
    assert!(setup.received().iter().all(|count| (1..=2).contains(count)));
}

#[tokio::test(start_paused = true)]
async fn ids_that_are_resumed_are_split_from_the_cursor() {
    let setup = setup(100).await;
    let to_all = |publisher: &GlobalPublisher| publisher.connections(setup.ids.iter().cloned());
    let report = to_all(&in_a_hurry(&setup)).concurrency(10).text("news").await.unwrap();
    let resumed = to_all(&setup.publisher).resume(report.cursor.expect("a cursor"));
    for part in resumed.split(3).await.unwrap() {
        assert_eq!(setup.publisher.part(part).text("news").await.unwrap().cursor, None);
    }
    let received = setup.received();
    assert!(received.iter().all(|count| *count >= 1), "no connection is missed");
    let sum: usize = received.iter().sum();
    assert!(sum <= 110, "only what was in flight is repeated: {sum} posts");
}
