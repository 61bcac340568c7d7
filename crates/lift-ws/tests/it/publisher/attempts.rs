//! The number of attempts of failed reads of the store and of throttled posts.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use lift_ws::{
    ConnectionId, GlobalPublisher,
    push::PushError,
    store::StoreError,
    test::{Operation, RecordingPush, RecordingStore},
};
use tokio::time::Instant;

fn publisher(store: &RecordingStore, push: &RecordingPush) -> GlobalPublisher {
    GlobalPublisher::new(Arc::new(store.clone()), Arc::new(push.clone()))
}

#[tokio::test(start_paused = true)]
async fn a_read_is_attempted_four_times_and_an_invalid_one_once() {
    let faults: [(fn() -> StoreError, usize); 3] = [
        (|| StoreError::throttled("slow down"), 4),
        (|| StoreError::failed("no answer"), 4),
        (|| StoreError::invalid("not a position"), 1),
    ];
    for (fault, attempts) in faults {
        let store = RecordingStore::default();
        store.set_fault(move |_| Some(fault()));
        let audience = publisher(&store, &RecordingPush::new()).tenant("t");
        audience.text("news").await.expect_err("no part can be read");
        assert_eq!(store.operations(), vec![Operation::Parts; attempts], "{}", fault());
    }
}

#[tokio::test(start_paused = true)]
async fn no_read_is_attempted_after_the_deadline() {
    // Many times, because the pauses between attempts are random: 25 ms on average before the second.
    for _ in 0..20 {
        let store = RecordingStore::default();
        store.set_fault(|_| Some(StoreError::throttled("slow down")));
        let (start, time) = (Instant::now(), Duration::from_millis(1));
        let deadline = start + Duration::from_millis(500) + time;
        let publisher = publisher(&store, &RecordingPush::new()).with_deadline(deadline);
        publisher.tenant("t").text("news").await.expect_err("no part can be read");
        assert!(start.elapsed() <= time, "{:?}", start.elapsed());
    }
}

/// Sends to connections of which some are always throttled, and returns the number of attempts for each.
async fn tries(accepted: usize, throttled: usize) -> Vec<usize> {
    let push = RecordingPush::new();
    let ids: Vec<ConnectionId> =
        (0..accepted + throttled).map(|n| format!("R1kmx{n}=").into()).collect();
    ids.iter().for_each(|id| push.open(id));
    push.set_delay(Duration::from_millis(15));
    let tries = Arc::<Mutex<HashMap<ConnectionId, usize>>>::default();
    let (counted, refused) = (Arc::clone(&tries), ids[accepted..].to_vec());
    push.set_fault(move |id| {
        *counted.lock().unwrap().entry(id.clone()).or_default() += 1;
        refused.contains(id).then(PushError::throttled)
    });
    let publisher = publisher(&RecordingStore::default(), &push).with_endpoint("memory://api/prod");
    let report = publisher.connections(ids.iter().cloned()).text("news").await.unwrap();
    assert_eq!(
        (report.counts.sent, report.counts.throttled),
        (accepted as u64, throttled as u64),
        "{report:?}"
    );
    let tries = tries.lock().unwrap();
    ids.iter().map(|id| tries[id]).collect()
}

#[tokio::test(start_paused = true)]
async fn a_single_throttled_post_is_attempted_five_times() {
    assert_eq!(tries(0, 1).await, [5]);
}

#[tokio::test(start_paused = true)]
async fn many_throttled_posts_are_attempted_eight_times() {
    assert_eq!(tries(0, 3).await, [8, 8, 8]);
    // The account is over its rate, although more posts are accepted than throttled.
    let tried = tries(12, 3).await;
    assert_eq!((&tried[..12], &tried[12..]), (&[1; 12][..], &[8; 3][..]));
}
