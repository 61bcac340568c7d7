//! A send to a large tenant beside the same posts made one by one: with 15 ms injected into each post,
//! as API Gateway takes in its Region, and without. The clock is real, so a post of 15 ms takes 16:
//! tokio's timers count whole milliseconds.
//!
//! `cargo bench -p lift-ws --bench publish`

#![allow(clippy::print_stdout)]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use lift_ws::{
    ConnectionId, GlobalPublisher,
    event::Timestamp,
    push::{Endpoint, Push},
    store::{MemoryStore, Row, Store},
    test::RecordingPush,
};
use tokio::runtime::Runtime;

const ENDPOINT: &str = "memory://api/prod";
const POST_LATENCY: Duration = Duration::from_millis(15);

fn main() {
    // A hundred are enough to know what 10,000 take one by one: 160 s.
    for (post, few, rounds) in [(POST_LATENCY, 100, 3), (Duration::ZERO, 10_000, 20)] {
        println!("{} ms a post", post.as_millis());
        let single = rate("  one by one", rounds, &tenant(few, post), Tenant::one_by_one);
        let sent = rate("  a send to 10,000", rounds, &tenant(10_000, post), Tenant::publish);
        println!("  {:.1} times as many", sent / single);
    }
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
            connected_at: Timestamp::from_millis(u64::MAX / 2),
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

    fn publish(&self) {
        let send = self.publisher.tenant("t").text("news");
        let report = self.runtime.block_on(send).expect("a report");
        assert_eq!(report.counts.sent, self.ids.len() as u64);
    }

    /// What the ancestor did: a post, and then the next.
    fn one_by_one(&self) {
        let to = Endpoint::from(ENDPOINT);
        self.runtime.block_on(async {
            for id in &self.ids {
                self.push.post(&to, id, "news".into()).await.expect("a post");
            }
        });
    }
}

/// Prints how many connections a second are reached: the middle of some rounds, and the range.
fn rate(name: &str, rounds: usize, tenant: &Tenant, send: impl Fn(&Tenant)) -> f64 {
    let round = |_| {
        tenant.forget();
        let start = Instant::now();
        send(tenant);
        tenant.ids.len() as f64 / start.elapsed().as_secs_f64()
    };
    let mut rates: Vec<f64> = (0..rounds).map(round).collect();
    rates.sort_by(f64::total_cmp);
    let (least, middle, most) = (rates[0], rates[rounds / 2], rates[rounds - 1]);
    println!("{name:32} {middle:>9.0}/s  ({least:.0} to {most:.0})");
    middle
}
