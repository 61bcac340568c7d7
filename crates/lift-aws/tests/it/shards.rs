//! A list that DynamoDB throttles is split into more shards, and every member stays listed.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use lift_aws::DynamoStore;
use lift_ws::{
    ConnectionId,
    event::Timestamp,
    store::{GroupId, Item, ListKey, Row, Saved, Store},
};

use crate::{
    embedded_dynamodb::{EmbeddedDatabase, throttle},
    row_fixture::{now_millis, row},
};

const HOT_PARTITION: &str = "IndexWriteKeyRangeThroughputExceeded";

/// A table, a clock that all its stores share, and a switch that throttles every write to a list.
struct Setup {
    database: EmbeddedDatabase,
    now: Arc<AtomicU64>,
    hot: Arc<AtomicBool>,
}

impl Setup {
    async fn start(reason: &'static str) -> Self {
        let (now, hot) = (Arc::new(AtomicU64::new(now_millis())), Arc::new(AtomicBool::new(false)));
        let switch = Arc::clone(&hot);
        let database = EmbeddedDatabase::start().await.with_hook(move |_, body| {
            let lists = body["Item"]["gsi2pk"].is_object();
            let fails = lists && switch.load(Ordering::Relaxed);
            Box::pin(async move { fails.then(|| (400, throttle(reason))) })
        });
        Self { database, now, hot }
    }

    fn store(&self) -> DynamoStore {
        let now = Arc::clone(&self.now);
        self.database
            .store()
            .with_clock(move || Timestamp::from_millis(now.load(Ordering::Relaxed)))
    }

    fn advance(&self, seconds: u64) {
        self.now.fetch_add(seconds * 1000, Ordering::Relaxed);
    }

    fn row(&self, id: String) -> Row {
        let connected_at = Timestamp::from_millis(self.now.load(Ordering::Relaxed));
        Row { id: id.into(), connected_at, ..row() }
    }

    /// Returns the partition keys that have entries.
    async fn shards_written(&self) -> BTreeSet<String> {
        let scan =
            serde_json::json!({"TableName": crate::embedded_dynamodb::TABLE, "IndexName": "gsi2"});
        let (_, found) = self.database.execute("Scan", scan);
        let items = found["Items"].as_array().expect("items");
        items.iter().map(|item| item["gsi2pk"]["S"].as_str().expect("a key").to_owned()).collect()
    }

    async fn throttled_save(&self, store: &DynamoStore, id: &str) {
        self.hot.store(true, Ordering::Relaxed);
        let error = store.save(&self.row(id.to_owned())).await.expect_err("is throttled");
        assert!(error.is_throttled(), "{error:?}");
        self.hot.store(false, Ordering::Relaxed);
    }
}

async fn shards(store: &DynamoStore) -> usize {
    store.parts(&ListKey::Tenant("a#b".into()), 1).await.expect("parts").len()
}

async fn list(store: &DynamoStore, of: &ListKey) -> Vec<ConnectionId> {
    let mut ids = Vec::new();
    for part in store.parts(of, 1).await.expect("parts") {
        let page = store.page(of, part, None).await.expect("a page");
        assert_eq!(page.next, None);
        ids.extend(page.members.into_iter().map(|member| member.id));
    }
    ids
}

#[tokio::test]
async fn readers_use_more_shards_before_writers_and_no_member_is_missed() {
    let setup = Setup::start(HOT_PARTITION).await;
    let (writer, reader) = (setup.store(), setup.store());
    let of = ListKey::Tenant("a#b".into());
    let mut live = BTreeSet::new();
    assert_eq!((shards(&writer).await, shards(&reader).await), (4, 4));
    // Every 30 seconds for ten minutes, both processes save and list. One has the new shard count
    // at once, the other reads META up to a minute later.
    for step in 0..20 {
        // Half a minute after the other process read META.
        if step == 3 {
            setup.throttled_save(&writer, "R1kmxTHROTTLED=").await;
            assert_eq!(
                shards(&writer).await,
                8,
                "the process that splits it reads all shards at once"
            );
        }
        for n in 0..8 {
            let row = setup.row(format!("R1kmx{step:02}{n}="));
            let by = if n % 2 == 0 { &writer } else { &reader };
            assert_eq!(by.save(&row).await.expect("save"), Saved::Stored);
            live.insert(row.id);
        }
        for store in [&writer, &reader] {
            let listed = list(store, &of).await;
            assert_eq!(listed.len(), live.len(), "step {step}");
            assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), live, "step {step}");
        }
        setup.advance(30);
    }
    assert_eq!((shards(&writer).await, shards(&reader).await), (8, 8));
    let other = ListKey::Tenant("other".into());
    assert_eq!(reader.parts(&other, 1).await.expect("parts").len(), 4, "other lists are not split");
    let used: BTreeSet<String> = setup.shards_written().await;
    assert!(used.len() > 4, "new rows are in new shards: {used:?}");
}

#[tokio::test]
async fn many_throttled_writers_split_a_list_once_and_again_after_six_minutes() {
    let setup = Setup::start(HOT_PARTITION).await;
    let writers: Vec<DynamoStore> = (0..5).map(|_| setup.store()).collect();
    for writer in &writers {
        assert_eq!(shards(writer).await, 4);
    }
    for (n, writer) in writers.iter().enumerate() {
        setup.throttled_save(writer, &format!("R1kmx{n}=")).await;
    }
    assert_eq!(shards(&setup.store()).await, 8);
    setup.advance(300);
    setup.throttled_save(&writers[0], "R1kmxSOON=").await;
    assert_eq!(shards(&setup.store()).await, 8, "the last change has no effect yet");
    setup.advance(61);
    setup.throttled_save(&writers[0], "R1kmxLATER=").await;
    assert_eq!(shards(&setup.store()).await, 16);
}

#[tokio::test]
async fn throttling_for_another_reason_splits_no_list() {
    let setup = Setup::start("TableWriteAccountLimitExceeded").await;
    let store = setup.store();
    setup.throttled_save(&store, "R1kmx=").await;
    assert_eq!((shards(&store).await, shards(&setup.store()).await), (4, 4));
}

#[tokio::test]
async fn a_throttled_group_is_split() {
    let setup = Setup::start(HOT_PARTITION).await;
    let store = setup.store();
    let row = setup.row("R1kmx=".to_owned());
    assert_eq!(store.save(&row).await.expect("save"), Saved::Stored);
    setup.hot.store(true, Ordering::Relaxed);
    let error = store.put_item(&row, &Item::in_group("tea")).await.expect_err("throttled");
    assert!(error.is_throttled());
    setup.hot.store(false, Ordering::Relaxed);
    let of =
        |group: &str| ListKey::Group { tenant: Some("a#b".into()), group: GroupId::from(group) };
    let reader = setup.store();
    assert_eq!(reader.parts(&of("tea"), 1).await.expect("parts").len(), 8);
    assert_eq!(reader.parts(&of("coffee"), 1).await.expect("parts").len(), 4);
    assert_eq!(shards(&reader).await, 4);
}

#[tokio::test]
async fn the_first_store_decides_the_number_of_shards() {
    let setup = Setup::start(HOT_PARTITION).await;
    assert_eq!(shards(&setup.store().with_shards(6)).await, 8);
    assert_eq!(shards(&setup.store().with_shards(64)).await, 8);
    assert_eq!(shards(&setup.store()).await, 8);
}
