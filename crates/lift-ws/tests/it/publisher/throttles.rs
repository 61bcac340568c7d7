//! Throttled and failed posts, and clients that read too slowly.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use lift_ws::{
    Accept, App, ConnectionId, GlobalPublisher,
    push::PushError,
    store::MemoryStore,
    test::{Client, Kit},
};
use proptest::prelude::*;
use tokio::time::Instant;

use super::{Reports, app, connect, counts, last_counts};

#[tokio::test(start_paused = true)]
async fn throttled_posts_are_retried_and_finally_given_up() {
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
    assert_eq!(last_counts(&reports), (19, 0, 1, 0, 0));
    assert!(here[7].received().is_empty());
}

#[tokio::test(start_paused = true)]
async fn at_most_64_posts_are_in_flight() {
    let reports = Reports::default();
    let kit = Kit::new(app(&reports));
    let here = connect(&kit, "here", 129).await;
    kit.push().set_delay(Duration::from_secs(1));
    let start = Instant::now();
    here[0].send("hi").await;
    assert_eq!(last_counts(&reports), (129, 0, 0, 0, 0));
    assert_eq!(start.elapsed().as_secs(), 3, "the sender, then twice 64");
}

/// Connections of the tenant `t` whose posts take 15 ms, and a publisher to them.
async fn tenant(count: usize) -> (Kit, Vec<Client>, GlobalPublisher) {
    let store = Arc::new(MemoryStore::new());
    let app = App::new().connect(async || Accept::user("u").tenant("t"));
    let kit = Kit::with_store(app, store.clone());
    let clients = connect(&kit, "t", count).await;
    kit.push().set_delay(Duration::from_millis(15));
    let publisher = GlobalPublisher::new(store, Arc::new(kit.push().clone()));
    (kit, clients, publisher)
}

#[tokio::test(start_paused = true)]
async fn an_account_that_is_throttled_for_a_while_loses_no_message() {
    let (kit, clients, publisher) = tenant(500).await;
    let (start, tries) = (Instant::now(), Arc::new(Mutex::new(0)));
    let counted = tries.clone();
    kit.push().set_fault(move |_| {
        *counted.lock().unwrap() += 1;
        (start.elapsed() < Duration::from_secs(2)).then(PushError::throttled)
    });
    let report = publisher.tenant("t").text("news").await.unwrap();
    assert_eq!((report.counts.sent, report.counts.throttled), (500, 0));
    assert!(clients.iter().all(|client| client.received() == ["news"]));
    let refused = *tries.lock().unwrap() - 500;
    assert!(refused < 400, "{refused} throttled posts: 64 that do not slow down make 8,500");
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_send_stays_below_an_accounts_rate() {
    let (kit, _clients, publisher) = tenant(3000).await;
    // A bucket of 100 posts that refills with 1000 a second; 64 at once would make 4267.
    let (start, taken, refused) = (Instant::now(), Mutex::new(0.0), Arc::new(Mutex::new(0)));
    let counted = refused.clone();
    kit.push().set_fault(move |_| {
        let mut taken = taken.lock().unwrap();
        let allowed = 100.0 + start.elapsed().as_secs_f64() * 1000.0;
        *taken = f64::max(*taken, allowed - 100.0);
        let throttled = *taken + 1.0 > allowed;
        match throttled {
            true => *counted.lock().unwrap() += 1,
            false => *taken += 1.0,
        }
        throttled.then(PushError::throttled)
    });
    let report = publisher.tenant("t").text("news").await.unwrap();
    assert_eq!(report.total(), 3000);
    assert!(report.counts.sent >= 2990, "{report:?}");
    let took = start.elapsed().as_secs_f64();
    assert!((2.9..6.0).contains(&took), "{took} s; 2.9 s is the least");
    let refused = *refused.lock().unwrap();
    assert!(refused < 1000, "{refused} throttled posts");
}

#[tokio::test(start_paused = true)]
async fn slow_readers_do_not_slow_others_and_are_skipped_for_a_while() {
    let (kit, clients, publisher) = tenant(1000).await;
    let stuck: HashSet<ConnectionId> =
        clients.iter().step_by(100).map(|client| client.id().clone()).collect();
    let tries = Arc::<Mutex<HashMap<ConnectionId, usize>>>::default();
    let (slow, counted) = (stuck.clone(), tries.clone());
    kit.push().set_fault(move |id| {
        *counted.lock().unwrap().entry(id.clone()).or_default() += 1;
        slow.contains(id).then(PushError::throttled)
    });
    let send = async || {
        let start = Instant::now();
        let report = publisher.tenant("t").text("news").await.unwrap();
        assert_eq!((report.counts.sent, report.counts.throttled), (990, 10));
        assert!(report.failures().all(|id| stuck.contains(id)));
        start.elapsed()
    };
    let took = send().await;
    assert!(took < Duration::from_millis(600), "{took:?}; 240 ms without them");
    let asked = || stuck.iter().map(|id| tries.lock().unwrap()[id]).max();
    assert_eq!(asked(), Some(3));
    let took = send().await;
    assert!(took < Duration::from_millis(260), "{took:?}; they are skipped");
    assert_eq!(asked(), Some(3));
    tokio::time::sleep(Duration::from_secs(5)).await;
    send().await;
    assert_eq!(asked(), Some(6), "they are tried again later");
    let report = publisher.tenant("t").close().await.unwrap();
    assert_eq!(report.counts.sent, 1000, "and they can be closed");
}

#[tokio::test(start_paused = true)]
async fn a_post_that_failed_is_tried_twice_more() {
    let (kit, clients, publisher) = tenant(3).await;
    let ids: Vec<ConnectionId> = clients.iter().map(|client| client.id().clone()).collect();
    let tries = Arc::<Mutex<HashMap<ConnectionId, usize>>>::default();
    let counted = tries.clone();
    let [resets, is_down, is_refused] = [0, 1, 2].map(|n| ids[n].clone());
    kit.push().set_fault(move |id| {
        let mut tries = counted.lock().unwrap();
        let tries = tries.entry(id.clone()).or_default();
        *tries += 1;
        if *id == is_refused {
            return Some(PushError::refused("400 Invalid connectionId"));
        }
        (*id == is_down || (*id == resets && *tries < 3)).then(|| PushError::failed("reset"))
    });
    let report = publisher.tenant("t").text("news").await.unwrap();
    assert_eq!((report.counts.sent, report.counts.failed), (1, 2));
    let tries = tries.lock().unwrap();
    assert_eq!([0, 1, 2].map(|n| tries[&ids[n]]), [3, 3, 1], "a permanent error is tried once");
}

#[tokio::test(start_paused = true)]
async fn a_post_that_hangs_is_given_up() {
    let (kit, _clients, publisher) = tenant(2).await;
    kit.push().set_delay(Duration::from_secs(3600));
    let start = Instant::now();
    let report = publisher.tenant("t").text("news").await.unwrap();
    assert_eq!((report.counts.failed, report.total()), (2, 2));
    assert_eq!(start.elapsed().as_secs(), 15, "three tries of 5 s");
}

#[tokio::test(start_paused = true)]
async fn concurrency_sets_the_number_of_posts_in_flight() {
    let (kit, _clients, publisher) = tenant(256).await;
    kit.push().set_delay(Duration::from_secs(1));
    for (concurrency, seconds) in [(256, 1), (1000, 1), (128, 2), (1, 256), (0, 256)] {
        let start = Instant::now();
        let report = publisher.tenant("t").concurrency(concurrency).text("x").await.unwrap();
        assert_eq!(
            (report.counts.sent, start.elapsed().as_secs()),
            (256, seconds),
            "{concurrency}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn many_connections_are_closed_concurrently() {
    let (kit, clients, publisher) = tenant(300).await;
    assert!(kit.push().end(clients[7].id()));
    let report = publisher.tenant("t").close().await.unwrap();
    assert_eq!((report.counts.sent, report.counts.gone), (299, 1));
    assert_eq!(kit.push().closed().len(), 299);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// With any failures, the counts add up, and no client receives the message twice.
    #[test]
    fn the_counts_of_a_report_add_up(results in prop::collection::vec(0..4_u8, 1..120), page in 1..20_usize) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let store = Arc::new(MemoryStore::new().with_page(page));
            let kit = Kit::with_store(app(&Reports::default()), store.clone());
            let here = connect(&kit, "here", results.len()).await;
            let result: HashMap<ConnectionId, u8> =
                here.iter().map(|client| client.id().clone()).zip(results.iter().copied()).collect();
            kit.push().set_fault(move |id| match result[id] {
                0 => None,
                1 => Some(PushError::gone()),
                2 => Some(PushError::throttled()),
                _ => Some(PushError::failed("connection reset")),
            });
            // Without a deadline: throttles on many small pages take longer than a call may.
            let publisher = GlobalPublisher::new(store, Arc::new(kit.push().clone()));
            let report = publisher.tenant("here").text("hi").await.unwrap();
            let of = |wanted| results.iter().filter(|result| **result == wanted).count() as u64;
            let expected = (of(0), of(1), of(2), of(3), 0);
            assert_eq!(counts(&report), expected);
            for (client, result) in here.iter().zip(&results) {
                assert_eq!(client.received().len(), usize::from(*result == 0));
            }
        });
    }
}
