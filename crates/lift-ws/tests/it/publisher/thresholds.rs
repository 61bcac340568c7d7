//! Sends to 10,000 connections with many faults: the report counts every connection, a client receives a
//! message twice only after an ambiguous failure, and a gone connection is posted to once and removed.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use futures_util::future::{BoxFuture, pending};
use lift_ws::{
    ConnectionId, Event, GlobalPublisher,
    event::Timestamp,
    publish::Outcome,
    push::{ConnectionInfo, Endpoint, Push, PushError},
    store::{ListKey, MemoryStore, Part, Row, Store},
};
use tokio::time::sleep;

const CONNECTIONS: usize = 10_000;

/// Chooses the result of a post from the number of earlier attempts.
type Choose = fn(&mut fastrand::Rng, tries: u32) -> FakeResult;

#[derive(Clone, Copy, PartialEq)]
enum FakeResult {
    Accepted,
    Gone,
    Throttled,
    /// The connection breaks after the post arrived.
    Reset,
    Hangs,
}

/// A fake gateway whose results depend only on a seed.
struct FakeGateway {
    choose: Choose,
    state: Mutex<(fastrand::Rng, HashMap<ConnectionId, Attempts>)>,
}

#[derive(Clone, Copy, Default)]
struct Attempts {
    tries: u32,
    arrived: u32,
    ambiguous: u32,
    gone: u32,
}

impl FakeGateway {
    fn new(seed: u64, choose: Choose) -> Arc<Self> {
        let state = Mutex::new((fastrand::Rng::with_seed(seed), HashMap::new()));
        Arc::new(Self { choose, state })
    }

    fn decide(&self, id: &ConnectionId) -> FakeResult {
        let mut state = self.state.lock().expect("no panic");
        let (rng, seen) = &mut *state;
        let seen = seen.entry(id.clone()).or_default();
        let result = match seen.gone {
            0 => (self.choose)(rng, seen.tries),
            _ => FakeResult::Gone,
        };
        seen.tries += 1;
        match result {
            FakeResult::Accepted => seen.arrived += 1,
            FakeResult::Reset => {
                seen.arrived += 1;
                seen.ambiguous += 1;
            }
            FakeResult::Hangs => seen.ambiguous += 1,
            FakeResult::Gone => seen.gone += 1,
            FakeResult::Throttled => {}
        }
        result
    }

    fn seen(&self) -> HashMap<ConnectionId, Attempts> {
        self.state.lock().expect("no panic").1.clone()
    }
}

impl Push for FakeGateway {
    fn endpoint(&self, _: &Event) -> Endpoint {
        unreachable!("this test handles no event")
    }

    fn post<'a>(
        &'a self,
        _: &'a Endpoint,
        id: &'a ConnectionId,
        _: Bytes,
    ) -> BoxFuture<'a, Result<(), PushError>> {
        Box::pin(async move {
            sleep(Duration::from_millis(15)).await;
            match self.decide(id) {
                FakeResult::Accepted => Ok(()),
                FakeResult::Gone => Err(PushError::gone()),
                FakeResult::Throttled => Err(PushError::throttled()),
                FakeResult::Reset => Err(PushError::failed("connection reset")),
                FakeResult::Hangs => pending().await,
            }
        })
    }

    fn close<'a>(
        &'a self,
        _: &'a Endpoint,
        _: &'a ConnectionId,
    ) -> BoxFuture<'a, Result<(), PushError>> {
        unreachable!("this test closes no connection")
    }

    fn info<'a>(
        &'a self,
        _: &'a Endpoint,
        _: &'a ConnectionId,
    ) -> BoxFuture<'a, Result<ConnectionInfo, PushError>> {
        unreachable!("this test reads no connection info")
    }
}

/// A tenant whose connections opened five minutes ago.
async fn tenant() -> MemoryStore {
    let store = MemoryStore::new().with_page(5_000);
    let opened = Timestamp::now() - Duration::from_secs(300);
    for n in 0..CONNECTIONS {
        let row = Row {
            id: format!("R1kmx{n:05}IFIA=").into(),
            user: None,
            tenant: Some("t".into()),
            endpoint: "memory://api/prod".into(),
            connected_at: opened,
            attributes: None,
        };
        let _ = store.save(&row).await.expect("save");
    }
    store
}

#[tokio::test(start_paused = true)]
async fn every_connection_is_counted_with_mixed_faults() {
    for seed in 0..50 {
        let store = tenant().await;
        let gateway = FakeGateway::new(seed, |rng, _| match rng.u8(..100) {
            0..5 => FakeResult::Gone,
            5..10 => FakeResult::Throttled,
            10 => FakeResult::Reset,
            11 => FakeResult::Hangs,
            _ => FakeResult::Accepted,
        });
        let publisher = GlobalPublisher::new(Arc::new(store), gateway.clone());
        let report = publisher.tenant("t").with_ids().text("news").await.expect("a report");
        assert_eq!(report.total(), CONNECTIONS as u64, "seed {seed}: {report:?}");
        assert!(report.cursor.is_none(), "seed {seed}: every connection was tried");
        let seen = gateway.seen();
        assert_eq!(seen.len(), CONNECTIONS, "seed {seed}");
        for (id, seen) in &seen {
            assert!(seen.arrived <= 1 + seen.ambiguous, "seed {seed}: {id} received it twice");
            assert!(seen.gone <= 1, "seed {seed}: {id} was posted to again after a 410");
        }
        for id in report.ids(Outcome::Sent) {
            assert!(seen[id].arrived > 0, "seed {seed}: {id} is counted as sent");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn gone_connections_are_posted_to_once_and_leave_no_row() {
    let store = tenant().await;
    let gateway =
        FakeGateway::new(
            1,
            |rng, _| if rng.bool() { FakeResult::Gone } else { FakeResult::Accepted },
        );
    let publisher = GlobalPublisher::new(Arc::new(store.clone()), gateway.clone());
    let report = publisher.tenant("t").text("news").await.expect("a report");
    assert_eq!(
        (report.total(), report.counts.sent + report.counts.gone),
        (CONNECTIONS as u64, CONNECTIONS as u64)
    );
    let seen = gateway.seen();
    assert!(seen.values().all(|seen| seen.tries == 1), "no connection is posted to twice");
    let left = store.count(&ListKey::Tenant("t".into()), Part::whole(0)).await.expect("count");
    assert_eq!(left, report.counts.sent, "a gone connection has no row");
}
