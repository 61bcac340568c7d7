//! Sends that stop early (because of the deadline, forbidden posts or a failing store), and that are resumed.

use std::{sync::Arc, time::Duration};

use lift_ws::{
    Accept, App, Error, GlobalPublisher, Publisher, State, Text,
    publish::{Cursor, Outcome},
    push::PushError,
    store::{MemoryStore, StoreError},
    test::{Kit, Operation, RecordingPush, RecordingStore},
};
use proptest::prelude::*;
use tokio::time::Instant;

use super::{Reports, app, connect};

#[tokio::test(start_paused = true)]
async fn a_send_stops_before_the_deadline_with_a_cursor() {
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
        assert!(start.elapsed() < Duration::from_secs(29), "the reply is in time");
        let report = reports.lock().unwrap().pop().expect("a report");
        rounds.push(report.counts.sent);
        match report.cursor {
            Some(cursor) => next = serde_json::to_string(&cursor).unwrap(),
            None => break,
        }
    }
    assert!(rounds.len() > 1, "{rounds:?}");
    assert!(here.iter().all(|client| !client.received().is_empty()), "no connection is missed");
}

#[tokio::test]
async fn a_send_stops_at_once_when_posting_is_forbidden() {
    let reports = Reports::default();
    let kit = Kit::new(app(&reports));
    let here = connect(&kit, "here", 500).await;
    kit.push().set_fault(|_| Some(PushError::forbidden("403 ExpiredTokenException")));
    here[0].send("hi").await;
    let report = reports.lock().unwrap().pop().expect("a report");
    assert!(report.forbidden && report.cursor.is_some(), "{report:?}");
    assert_eq!((report.counts.sent, report.counts.gone, report.counts.throttled), (0, 0, 0));
    assert!(report.counts.failed <= 2, "{} posts were tried", report.counts.failed);
}

#[tokio::test]
async fn a_send_that_another_connection_resumes_misses_no_connection() {
    let all = async |publish: Publisher, Text(cursor): Text| -> Result<(), Error> {
        let cursor: Cursor = serde_json::from_str(&cursor)?;
        publish.own_tenant().resume(cursor).text("news").await?;
        Ok(())
    };
    let app = App::new().connect(async || Accept::user("u").tenant("t")).default_route(all);
    let kit = Kit::new(app);
    let clients = connect(&kit, "t", 3).await;
    // The cursor of a send that reached only its sender, which is gone.
    clients[1].send(r#"{"v":1,"rest":[{"part":{"shard":0,"from":0,"to":4294967295}}]}"#).await;
    assert!(clients.iter().all(|client| client.received() == ["news"]));
}

/// A publisher to the connections of an app, which are in the tenant `t`.
async fn publisher(
    store: RecordingStore,
    count: usize,
) -> (Kit, Vec<lift_ws::test::Client>, GlobalPublisher) {
    let app = App::new().connect(async || Accept::user("u").tenant("t"));
    let kit = Kit::with_store(app, Arc::new(store.clone()));
    let clients = connect(&kit, "t", count).await;
    let push: RecordingPush = kit.push().clone();
    let publisher = GlobalPublisher::new(Arc::new(store), Arc::new(push));
    (kit, clients, publisher)
}

#[tokio::test(start_paused = true)]
async fn a_send_resumes_within_a_page_that_takes_longer_than_the_deadline() {
    let (kit, clients, publisher) = publisher(RecordingStore::default(), 200).await;
    kit.push().set_delay(Duration::from_millis(100));
    let mut cursor = None;
    let mut rounds = 0;
    loop {
        rounds += 1;
        assert!(rounds < 20, "it resumes where it stopped");
        // A page has 1000 connections, and there is time for 3 times 10 posts.
        let deadline = Instant::now() + Duration::from_millis(500 + 320);
        let audience = publisher.clone().with_deadline(deadline).tenant("t").concurrency(10);
        let audience = match cursor.take() {
            Some(cursor) => audience.resume(cursor),
            None => audience,
        };
        let report = audience.with_ids().text("news").await.unwrap();
        assert!(report.counts.sent >= 30 || report.cursor.is_none(), "{report:?}");
        assert_eq!(report.ids(Outcome::Sent).count() as u64, report.counts.sent);
        match report.cursor {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    assert_eq!(rounds, 7);
    // Posts that were in flight when the time was over are repeated.
    assert!(clients.iter().all(|client| (1..=2).contains(&client.received().len())));
}

#[tokio::test(start_paused = true)]
async fn throttled_reads_of_the_store_are_retried() {
    let store = RecordingStore::new(MemoryStore::new().with_page(10));
    let (_kit, clients, publisher) = publisher(store.clone(), 50).await;
    let mut pages = 0;
    store.set_fault(move |operation| {
        pages += u32::from(operation == Operation::Page);
        (pages % 3 != 0 && operation == Operation::Page).then(|| StoreError::throttled("slow down"))
    });
    assert_eq!(publisher.tenant("t").text("news").await.unwrap().counts.sent, 50);
    assert!(clients.iter().all(|client| client.received() == ["news"]));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_keeps_failing_leaves_a_report_and_a_cursor() {
    let store = RecordingStore::new(MemoryStore::new().with_page(10));
    let (_kit, clients, publisher) = publisher(store.clone(), 50).await;
    let mut pages = 0;
    store.set_fault(move |operation| {
        pages += u32::from(operation == Operation::Page);
        (pages > 2).then(|| StoreError::throttled("slow down"))
    });
    let error = publisher.tenant("t").text("news").await.expect_err("the third page fails");
    assert!(error.is_throttled(), "{error}");
    let report = error.report().expect("two pages were sent").clone();
    assert_eq!((report.counts.sent, report.total()), (20, 20));
    store.set_fault(|_| None);
    let cursor = report.cursor.expect("a cursor");
    let rest = publisher.tenant("t").resume(cursor).text("news").await.unwrap();
    assert_eq!(rest.counts.sent, 30);
    assert!(clients.iter().all(|client| client.received() == ["news"]), "each once");

    store.set_fault(|_| Some(StoreError::failed("no table")));
    let error = publisher.tenant("t").text("news").await.expect_err("nothing can be read");
    assert!(error.report().is_some_and(|report| report.total() == 0 && report.cursor.is_none()));
}

#[tokio::test(start_paused = true)]
async fn a_send_resumes_when_posting_is_allowed_again() {
    let (kit, clients, publisher) = publisher(RecordingStore::default(), 300).await;
    let mut posts = 0;
    kit.push().set_delay(Duration::from_millis(15));
    kit.push().set_fault(move |_| {
        posts += 1;
        (posts > 100).then(|| PushError::forbidden("403 ExpiredTokenException"))
    });
    let report = publisher.tenant("t").text("news").await.unwrap();
    assert!(report.forbidden);
    assert_eq!((report.counts.sent, report.total()), (100, 300), "{report:?}");
    assert!(report.counts.failed <= 64, "those in flight: {}", report.counts.failed);
    kit.push().set_fault(|_| None);
    let rest = publisher.tenant("t").resume(report.cursor.unwrap()).text("news").await.unwrap();
    assert!(!rest.forbidden);
    assert_eq!(rest.cursor, None);
    assert!(clients.iter().all(|client| !client.received().is_empty()), "no connection is missed");
}

#[test]
fn a_cursor_of_another_version_is_refused() {
    let error = serde_json::from_str::<Cursor>(r#"{"v":2,"rest":[]}"#).expect_err("is not known");
    assert!(error.to_string().contains("version 2"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// However often a send stops, resuming it misses no connection, and repeats only the posts in flight.
    #[test]
    fn resuming_misses_no_connection(
        count in 1..120_usize,
        page in 1..40_usize,
        concurrency in 1..20_usize,
        round_trips in 1..8_u32,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let store = RecordingStore::new(MemoryStore::new().with_page(page));
            let (kit, clients, publisher) = publisher(store, count).await;
            let post = Duration::from_millis(15);
            kit.push().set_delay(post);
            let time = Duration::from_millis(501) + post * round_trips;
            let (mut cursor, mut rounds, mut sent) = (None, 0, 0_u64);
            loop {
                let publisher = publisher.clone().with_deadline(Instant::now() + time);
                let mut audience = publisher.tenant("t").concurrency(concurrency);
                if let Some(cursor) = cursor.take() {
                    let text = serde_json::to_string(&cursor).unwrap();
                    audience = audience.resume(serde_json::from_str(&text).unwrap());
                }
                let report = audience.text("news").await.unwrap();
                (rounds, sent) = (rounds + 1, sent + report.counts.sent);
                assert!(report.counts.sent > 0 && rounds <= count, "each round sends something: {report:?}");
                match report.cursor {
                    Some(rest) => cursor = Some(rest),
                    None => break,
                }
            }
            assert!(clients.iter().all(|client| !client.received().is_empty()));
            assert!(sent as usize <= count + rounds * concurrency, "{sent} posts in {rounds} rounds");
        });
    }
}
