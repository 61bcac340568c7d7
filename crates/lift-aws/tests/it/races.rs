//! Several processes change one connection at the same time, in every order of their requests.
//! After the last answer, nothing is left of a connection that ended, and it ended once.

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
    engine::{Engine, TABLE},
    rows::row,
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

/// The answer of an operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Answer {
    /// This operation ended the connection, so that its handler runs.
    ended: bool,
    /// This operation ended the connection, or found that it had ended.
    closed: bool,
    stored: bool,
}

async fn perform(store: DynamoStore, op: Op, row: Row) -> Answer {
    let saved = |saved| Answer { stored: saved == Saved::Stored, ..Answer::default() };
    match op {
        Save => saved(store.save(&row).await.expect("save")),
        Put(key) => saved(store.put_item(&row, &Item::in_group(key)).await.expect("put_item")),
        Take(key) => {
            store.remove_item(&row.id, key).await.expect("remove_item");
            Answer::default()
        }
        Remove => {
            let old = store.remove(&row.id).await.expect("remove");
            Answer { ended: old.is_some(), closed: true, stored: false }
        }
        Gone => {
            let ended = store
                .remove_gone(&row.id, Timestamp::from_millis(u64::MAX))
                .await
                .expect("remove_gone");
            Answer { ended, closed: ended, stored: false }
        }
    }
}

thread_local! {
    /// The operation that is being polled.
    static CURRENT: Cell<usize> = const { Cell::new(0) };
}

type Gates = Arc<Mutex<BTreeMap<usize, oneshot::Sender<()>>>>;

/// A database that holds each request until its gate is opened.
fn gated(engine: &Engine) -> (Engine, Gates) {
    let gates = Gates::default();
    let waiting = Arc::clone(&gates);
    let engine = engine.before(move |_, body| {
        // Requests for META are not part of the race.
        if body["Key"]["pk"]["S"] == "META" {
            return Box::pin(async { None });
        }
        let (pass, passed) = oneshot::channel();
        waiting.lock().expect("no panic").insert(CURRENT.get(), pass);
        Box::pin(async move {
            passed.await.expect("is let through");
            None
        })
    });
    (engine, gates)
}

/// Runs operations at the same time. `choose` picks the next of a number of waiting requests.
async fn race(
    gates: &Gates,
    store: &DynamoStore,
    row: &Row,
    ops: &[Op],
    choose: &mut dyn FnMut(usize) -> usize,
) -> Vec<Answer> {
    let start = |op: &Op| -> BoxFuture<'static, Answer> {
        Box::pin(perform(store.clone(), *op, row.clone()))
    };
    let mut running: Vec<Option<BoxFuture<'static, Answer>>> =
        ops.iter().map(start).map(Some).collect();
    let mut answers = vec![Answer::default(); ops.len()];
    loop {
        for (n, slot) in running.iter_mut().enumerate() {
            CURRENT.set(n);
            let Some(future) = slot else { continue };
            if let std::task::Poll::Ready(answer) = poll!(Pin::new(future)) {
                (answers[n], *slot) = (answer, None);
            }
        }
        let left = running.iter().flatten().count();
        if left == 0 {
            return answers;
        }
        let waiting: Vec<usize> = gates.lock().expect("no panic").keys().copied().collect();
        if waiting.len() < left {
            tokio::task::yield_now().await;
            continue;
        }
        let next = waiting[choose(waiting.len())];
        let gate = gates.lock().expect("no panic").remove(&next).expect("waits");
        gate.send(()).expect("is waited for");
    }
}

/// Checks what must hold after the last answer.
fn check(engine: &Engine, row: &Row, first: bool, ops: &[Op], answers: &[Answer], order: &str) {
    let what = || format!("{ops:?} {answers:?} in the order {order}");
    let closed = answers.iter().any(|answer| answer.closed);
    let table = found(engine, None, "pk", &format!("CONNECTION#{}", row.id));
    let live = table.iter().any(|item| item["ca"].is_object());
    assert!(answers.iter().filter(|answer| answer.ended).count() <= 1, "ended twice: {}", what());
    let saved = ops.iter().zip(answers).any(|(op, answer)| matches!(op, Save) && answer.stored);
    assert_eq!(live, !closed && (first || saved), "{}", what());
    let kept = |key: &str| {
        let put =
            |(op, answer): (&Op, &Answer)| matches!(op, Put(of) if *of == key) && answer.stored;
        ops.iter().zip(answers).any(put)
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
        let listed = found(engine, Some("gsi2"), "gsi2pk", &list);
        assert!(listed.is_empty() || live, "listed though it ended: {}", what());
    }
}

/// The items under a key.
fn found(engine: &Engine, index: Option<&str>, name: &str, key: &str) -> Vec<Value> {
    let mut query = json!({"TableName": TABLE, "KeyConditionExpression": format!("{name} = :key"),
        "ExpressionAttributeValues": {":key": {"S": key}}});
    if let Some(index) = index {
        query["IndexName"] = index.into();
    }
    let (status, found) = engine.ask("Query", query);
    assert_eq!(status, 200, "{found}");
    found["Items"].as_array().expect("items").clone()
}

struct Bench {
    engine: Engine,
    gates: Gates,
    /// A store whose requests are not held; that of [`store`](Self::store) is.
    quiet: DynamoStore,
    store: DynamoStore,
    runs: usize,
}

impl Bench {
    async fn start() -> Self {
        let engine = Engine::start().await;
        let (gated, gates) = gated(&engine);
        let quiet = engine.store().with_shards(1);
        assert_eq!(quiet.save(&row()).await.expect("save"), Saved::Stored);
        Self { engine, gates, quiet, store: gated.store(), runs: 0 }
    }

    /// One order of requests, on a new connection, which may be saved before.
    async fn run(&mut self, first: bool, ops: &[Op], choose: &mut dyn FnMut(usize) -> usize) {
        self.runs += 1;
        let id = format!("R1kmx{}=", self.runs);
        let tenant = Some(format!("t{}", self.runs).into());
        let row = Row { id: id.into(), tenant, ..row() };
        if first {
            assert_eq!(self.quiet.save(&row).await.expect("save"), Saved::Stored);
        }
        let mut order = String::new();
        let mut noted = |waiting| {
            let chosen = choose(waiting);
            order.push_str(&format!("{chosen}/{waiting} "));
            chosen
        };
        let answers = race(&self.gates, &self.store, &row, ops, &mut noted).await;
        check(&self.engine, &row, first, ops, &answers, &order);
        self.engine.take();
    }

    /// Every order of the requests.
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
async fn every_order_of_a_few_operations_leaves_nothing_behind() {
    let mut bench = Bench::start().await;
    bench.run_all(false, &[Save, Save, Remove, Remove]).await;
    bench.run_all(false, &[Save, Remove, Gone]).await;
    bench.run_all(false, &[Save, Remove, Put("tea")]).await;
    bench.run_all(true, &[Remove, Put("tea")]).await;
    bench.run_all(true, &[Gone, Put("tea")]).await;
    bench.run_all(true, &[Remove, Put("tea"), Take("tea")]).await;
    bench.run_all(true, &[Remove, Gone, Put("tea")]).await;
    assert!(bench.runs > 100, "{} schedules", bench.runs);
}

#[tokio::test]
async fn random_orders_of_many_operations_leave_nothing_behind() {
    let wished = std::env::var("LIFT_SCHEDULES").ok().and_then(|count| count.parse().ok());
    let mut bench = Bench::start().await;
    let ops =
        [Save, Save, Remove, Remove, Gone, Put("tea"), Put("tea"), Put("coffee"), Take("tea")];
    for seed in 0..wished.unwrap_or(150_u64) {
        let mut random = fastrand::Rng::with_seed(seed);
        let first = random.bool();
        let count = random.usize(3..=ops.len());
        let some = random.choose_multiple(ops, count);
        bench.run(first, &some, &mut |waiting| random.usize(..waiting)).await;
    }
}
