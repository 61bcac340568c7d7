//! A send to a large tenant beside the same posts made one by one: with 15 ms injected into each post,
//! as API Gateway takes in its Region, and without. The clock is real, so a post of 15 ms takes 16:
//! tokio's timers count whole milliseconds. Compare the items per second.
//!
//! `cargo bench -p lift-ws --bench publish`

use std::{sync::Arc, time::Duration};

use divan::{Bencher, counter::ItemsCount};
use lift_ws::{
    ConnectionId, Endpoint, GlobalPublisher, Push,
    store::{MemoryStore, Row, Store},
    test::RecordingPush,
};
use tokio::runtime::Runtime;

const ENDPOINT: &str = "memory://api/prod";
const POST: Duration = Duration::from_millis(15);

fn main() {
    divan::main();
}

struct Tenant {
    runtime: Runtime,
    push: RecordingPush,
    publisher: GlobalPublisher,
    ids: Vec<ConnectionId>,
}

fn tenant(connections: usize, post: Duration) -> Tenant {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.expect("a runtime");
    // Pages as large as DynamoDB's of such rows.
    let (store, push) = (MemoryStore::new().with_page(5000), RecordingPush::new());
    let ids: Vec<ConnectionId> =
        (0..connections).map(|n| format!("R1kmx{n:05}IFIA=").into()).collect();
    for id in &ids {
        let row = Row {
            id: id.clone(),
            user: None,
            tenant: Some("t".into()),
            endpoint: ENDPOINT.into(),
            connected_at: u64::MAX / 2,
            attributes: None,
        };
        let _ = runtime.block_on(store.save(&row)).expect("save");
        push.open(id);
    }
    push.set_delay(post);
    let publisher = GlobalPublisher::new(Arc::new(store), Arc::new(push.clone()));
    Tenant { runtime, push, publisher, ids }
}

impl Tenant {
    fn forget(&self) {
        for id in &self.ids {
            drop(self.push.take(id));
        }
    }

    fn publish(&self, bencher: Bencher<'_, '_>) {
        let input = || self.forget();
        bencher.with_inputs(input).counter(ItemsCount::new(self.ids.len())).bench_values(|()| {
            let send = self.publisher.tenant("t").text("news");
            let report = self.runtime.block_on(send).expect("a report");
            assert_eq!(report.sent, self.ids.len());
        });
    }

    /// What the ancestor did: a post, and then the next.
    fn one_by_one(&self, bencher: Bencher<'_, '_>) {
        let (input, to) = (|| self.forget(), Endpoint::from(ENDPOINT));
        bencher.with_inputs(input).counter(ItemsCount::new(self.ids.len())).bench_values(|()| {
            self.runtime.block_on(async {
                for id in &self.ids {
                    self.push.post(&to, id, "news".into()).await.expect("a post");
                }
            });
        });
    }
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn publish_to_10_000_at_15_ms(bencher: Bencher<'_, '_>) {
    tenant(10_000, POST).publish(bencher);
}

/// A hundred are enough to know what 10,000 take: 160 s.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn one_by_one_to_100_at_15_ms(bencher: Bencher<'_, '_>) {
    tenant(100, POST).one_by_one(bencher);
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn publish_to_10_000_at_once(bencher: Bencher<'_, '_>) {
    tenant(10_000, Duration::ZERO).publish(bencher);
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn one_by_one_to_10_000_at_once(bencher: Bencher<'_, '_>) {
    tenant(10_000, Duration::ZERO).one_by_one(bencher);
}
