//! Several processes change one connection at the same time, in every order of their requests.
//! After the last response, no item of an ended connection is left, and the connection ended once.

use std::{
    cell::Cell,
    collections::BTreeMap,
    pin::Pin,
    sync::{Arc, Mutex},
};

use futures_util::{future::BoxFuture, poll};
use lift_aws::DynamoStore;
use lift_ws::{
    event::Timestamp,
    store::{Item, Row, Saved, Store},
};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::{
    embedded_dynamodb::{EmbeddedDatabase, TABLE},
    row_fixture::row,
};

#[derive(Clone, Copy, Debug)]
enum Op {
    Save,
    Remove,
    Gone,
    Put(&'static str),
    Take(&'static str),
}
use Op::{Gone, Put, Remove, Save, Take};

/// The result of an operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct OpResult {
    /// This operation ended the connection, so that its handler runs.
    ended: bool,
    /// This operation ended the connection, or found that it had ended.
    closed: bool,
    stored: bool,
}

async fn perform(store: DynamoStore, op: Op, row: Row) -> OpResult {
    let saved = |saved| OpResult { stored: saved == Saved::Stored, ..OpResult::default() };
    match op {
        Save => saved(store.save(&row).await.expect("save")),
        Put(key) => saved(store.put_item(&row, &Item::in_group(key)).await.expect("put_item")),
        Take(key) => {
            store.remove_item(&row.id, key).await.expect("remove_item");
            OpResult::default()
        }
        Remove => {
            let old = store.remove(&row.id).await.expect("remove");
            OpResult { ended: old.is_some(), closed: true, stored: false }
        }
        Gone => {
            let ended = store
                .remove_gone(&row.id, Timestamp::from_millis(u64::MAX))
                .await
                .expect("remove_gone");
            OpResult { ended, closed: ended, stored: false }
        }
    }
}

thread_local! {
    /// The operation that is being polled.
    static CURRENT: Cell<usize> = const { Cell::new(0) };
}

type HeldRequests = Arc<Mutex<BTreeMap<usize, oneshot::Sender<()>>>>;

/// Returns a database that holds each request until the test releases it.
fn holding(database: &EmbeddedDatabase) -> (EmbeddedDatabase, HeldRequests) {
    let held = HeldRequests::default();
    let waiting = Arc::clone(&held);
    let database = database.with_hook(move |_, body| {
        // Requests for META are not part of the race.
        if body["Key"]["pk"]["S"] == "META" {
            return Box::pin(async { None });
        }
        let (pass, passed) = oneshot::channel();
        waiting.lock().expect("no panic").insert(CURRENT.get(), pass);
        Box::pin(async move {
            passed.await.expect("is released");
            None
        })
    });
    (database, held)
}

/// Runs operations at the same time. `choose` picks the next of a number of waiting requests.
async fn race(
    held: &HeldRequests,
    store: &DynamoStore,
    row: &Row,
    ops: &[Op],
    choose: &mut dyn FnMut(usize) -> usize,
) -> Vec<OpResult> {
    let start = |op: &Op| -> BoxFuture<'static, OpResult> {
        Box::pin(perform(store.clone(), *op, row.clone()))
    };
    let mut running: Vec<Option<BoxFuture<'static, OpResult>>> =
        ops.iter().map(start).map(Some).collect();
    let mut results = vec![OpResult::default(); ops.len()];
    loop {
        for (n, slot) in running.iter_mut().enumerate() {
            CURRENT.set(n);
            let Some(future) = slot else { continue };
            if let std::task::Poll::Ready(result) = poll!(Pin::new(future)) {
                (results[n], *slot) = (result, None);
            }
        }
        let left = running.iter().flatten().count();
        if left == 0 {
            return results;
        }
        let waiting: Vec<usize> = held.lock().expect("no panic").keys().copied().collect();
        if waiting.len() < left {
            tokio::task::yield_now().await;
            continue;
        }
        let next = waiting[choose(waiting.len())];
        let request = held.lock().expect("no panic").remove(&next).expect("waits");
        request.send(()).expect("is awaited");
    }
}

/// Checks the table after the last result.
fn check(
    database: &EmbeddedDatabase,
    row: &Row,
    first: bool,
    ops: &[Op],
    results: &[OpResult],
    order: &str,
) {
    let what = || format!("{ops:?} {results:?} in the order {order}");
    let closed = results.iter().any(|result| result.closed);
    let table = found(database, None, "pk", &format!("CONNECTION#{}", row.id));
    let live = table.iter().any(|item| item["ca"].is_object());
    assert!(results.iter().filter(|result| result.ended).count() <= 1, "ended twice: {}", what());
    let saved = ops.iter().zip(results).any(|(op, result)| matches!(op, Save) && result.stored);
    assert_eq!(live, !closed && (first || saved), "{}", what());
    let kept = |key: &str| {
        let put =
            |(op, result): (&Op, &OpResult)| matches!(op, Put(of) if *of == key) && result.stored;
        ops.iter().zip(results).any(put)
            && !ops.iter().any(|op| matches!(op, Take(of) if *of == key))
    };
    for key in ["tea", "coffee"] {
        let is = table.iter().any(|item| item["sk"]["S"] == format!("ITEM#{key}"));
        if closed {
            assert!(!is, "an item outlives its connection: {}", what());
        } else if kept(key) {
            assert!(is, "an item is lost: {}", what());
        }
    }
    let tenant = row.tenant.as_ref().expect("a tenant");
    for list in [format!("TENANT#{tenant}#0"), format!("GROUP#{tenant}#tea#0")] {
        let listed = found(database, Some("gsi2"), "gsi2pk", &list);
        assert!(listed.is_empty() || live, "listed after its end: {}", what());
    }
}

/// Returns the items with a key.
fn found(database: &EmbeddedDatabase, index: Option<&str>, name: &str, key: &str) -> Vec<Value> {
    let mut query = json!({"TableName": TABLE, "KeyConditionExpression": format!("{name} = :key"),
        "ExpressionAttributeValues": {":key": {"S": key}}});
    if let Some(index) = index {
        query["IndexName"] = index.into();
    }
    let (status, found) = database.execute("Query", query);
    assert_eq!(status, 200, "{found}");
    found["Items"].as_array().expect("items").clone()
}

struct Setup {
    database: EmbeddedDatabase,
    held: HeldRequests,
    /// A store whose requests are not held. Requests of [`store`](Self::store) are held.
    unheld: DynamoStore,
    store: DynamoStore,
    runs: usize,
}

impl Setup {
    async fn start() -> Self {
        let database = EmbeddedDatabase::start().await;
        let (holding, held) = holding(&database);
        let unheld = database.store().with_shards(1);
        assert_eq!(unheld.save(&row()).await.expect("save"), Saved::Stored);
        Self { database, held, unheld, store: holding.store(), runs: 0 }
    }

    /// Runs one order of requests on a new connection. With `first`, the connection is saved before.
    async fn run(&mut self, first: bool, ops: &[Op], choose: &mut dyn FnMut(usize) -> usize) {
        self.runs += 1;
        let id = format!("R1kmx{}=", self.runs);
        let tenant = Some(format!("t{}", self.runs).into());
        let row = Row { id: id.into(), tenant, ..row() };
        if first {
            assert_eq!(self.unheld.save(&row).await.expect("save"), Saved::Stored);
        }
        let mut order = String::new();
        let mut choose_and_record = |waiting| {
            let chosen = choose(waiting);
            order.push_str(&format!("{chosen}/{waiting} "));
            chosen
        };
        let results = race(&self.held, &self.store, &row, ops, &mut choose_and_record).await;
        check(&self.database, &row, first, ops, &results, &order);
        self.database.take_calls();
    }

    /// Runs every order of the requests.
    async fn run_all(&mut self, first: bool, ops: &[Op]) {
        let mut path: Vec<(usize, usize)> = Vec::new();
        loop {
            let mut step = 0;
            let mut choose = |waiting| {
                if step == path.len() {
                    path.push((0, waiting));
                }
                step += 1;
                path[step - 1].0
            };
            self.run(first, ops, &mut choose).await;
            while path.last().is_some_and(|(chosen, of)| chosen + 1 == *of) {
                path.pop();
            }
            let Some((chosen, _)) = path.last_mut() else { return };
            *chosen += 1;
        }
    }
}

#[tokio::test]
async fn every_order_of_a_few_operations_leaves_no_items() {
    let mut setup = Setup::start().await;
    setup.run_all(false, &[Save, Save, Remove, Remove]).await;
    setup.run_all(false, &[Save, Remove, Gone]).await;
    setup.run_all(false, &[Save, Remove, Put("tea")]).await;
    setup.run_all(true, &[Remove, Put("tea")]).await;
    setup.run_all(true, &[Gone, Put("tea")]).await;
    setup.run_all(true, &[Remove, Put("tea"), Take("tea")]).await;
    setup.run_all(true, &[Remove, Gone, Put("tea")]).await;
    assert!(setup.runs > 100, "{} schedules", setup.runs);
}

#[tokio::test]
async fn random_orders_of_many_operations_leave_no_items() {
    let schedule_count = std::env::var("LIFT_SCHEDULES").ok().and_then(|count| count.parse().ok());
    let mut setup = Setup::start().await;
    let ops =
        [Save, Save, Remove, Remove, Gone, Put("tea"), Put("tea"), Put("coffee"), Take("tea")];
    for seed in 0..schedule_count.unwrap_or(150_u64) {
        let mut random = fastrand::Rng::with_seed(seed);
        let first = random.bool();
        let count = random.usize(3..=ops.len());
        let some = random.choose_multiple(ops, count);
        setup.run(first, &some, &mut |waiting| random.usize(..waiting)).await;
    }
}
