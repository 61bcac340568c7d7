//! Sends that stop: before the deadline, forbidden, or because the store fails; and going on.

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

use crate::publisher::{Reports, app, connect};

#[tokio::test(start_paused = true)]
async fn stops_before_the_deadline_and_says_where_to_go_on() {
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
        assert!(start.elapsed() < Duration::from_secs(29), "the answer is in time");
        let report = reports.lock().unwrap().pop().expect("a report");
        rounds.push(report.sent);
        match report.cursor {
            Some(cursor) => next = serde_json::to_string(&cursor).unwrap(),
            None => break,
        }
    }
    assert!(rounds.len() > 1, "{rounds:?}");
    assert!(here.iter().all(|client| !client.received().is_empty()), "nobody is missed");
}

#[tokio::test]
async fn stops_at_once_when_posting_is_forbidden() {
    let reports = Reports::default();
    let kit = Kit::new(app(&reports));
    let here = connect(&kit, "here", 500).await;
    kit.push().set_fault(|_| Some(PushError::forbidden("403 ExpiredTokenException")));
    here[0].send("hi").await;
    let report = reports.lock().unwrap().pop().expect("a report");
    assert!(report.forbidden && report.cursor.is_some(), "{report:?}");
    assert_eq!((report.sent, report.gone, report.throttled), (0, 0, 0));
    assert!(report.failed <= 2, "{} posts were tried", report.failed);
}

#[tokio::test]
async fn a_send_that_somebody_else_goes_on_with_misses_nobody() {
    let all = async |publish: Publisher, Text(cursor): Text| -> Result<(), Error> {
        let cursor: Cursor = serde_json::from_str(&cursor)?;
        let _ = publish.own_tenant().resume(cursor).text("news").await?;
        Ok(())
    };
    let app = App::new().connect(async || Accept::user("u").tenant("t")).default_route(all);
    let kit = Kit::new(app);
    let clients = connect(&kit, "t", 3).await;
    // Nothing was sent yet but to a sender who has gone.
    clients[1].send(r#"{"v":1,"rest":[{"part":{"shard":0,"from":0,"to":4294967295}}]}"#).await;
    assert!(clients.iter().all(|client| client.received() == ["news"]));
}

/// A publisher beside an app with so many connections in the tenant `t`, and who received what.
async fn beside(
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
async fn goes_on_within_a_page_that_does_not_fit_into_the_time() {
    let (kit, clients, publisher) = beside(RecordingStore::default(), 200).await;
    kit.push().set_delay(Duration::from_millis(100));
    let mut task = None;
    let mut rounds = 0;
    loop {
        rounds += 1;
        assert!(rounds < 20, "it goes on where it stopped");
        // A page has 1000, and there is time for 3 times 10.
        let deadline = Instant::now() + Duration::from_millis(500 + 320);
        let audience = publisher.clone().with_deadline(deadline).tenant("t").concurrency(10);
        let audience = match task.take() {
            Some(cursor) => audience.resume(cursor),
            None => audience,
        };
        let report = audience.with_ids().text("news").await.unwrap();
        assert!(report.sent >= 30 || report.cursor.is_none(), "{report:?}");
        assert_eq!(report.ids(Outcome::Sent).count(), report.sent);
        match report.cursor {
            Some(cursor) => task = Some(cursor),
            None => break,
        }
    }
    assert_eq!(rounds, 7);
    // Those under way when the time was over are sent to again.
    assert!(clients.iter().all(|client| (1..=2).contains(&client.received().len())));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_for_a_moment_is_asked_again() {
    let store = RecordingStore::new(MemoryStore::new().with_page(10));
    let (_kit, clients, publisher) = beside(store.clone(), 50).await;
    let mut pages = 0;
    store.set_fault(move |operation| {
        pages += u32::from(operation == Operation::Page);
        (pages % 3 != 0 && operation == Operation::Page).then(|| StoreError::throttled("slow down"))
    });
    assert_eq!(publisher.tenant("t").text("news").await.unwrap().sent, 50);
    assert!(clients.iter().all(|client| client.received() == ["news"]));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_stays_away_leaves_a_report_and_a_cursor() {
    let store = RecordingStore::new(MemoryStore::new().with_page(10));
    let (_kit, clients, publisher) = beside(store.clone(), 50).await;
    let mut pages = 0;
    store.set_fault(move |operation| {
        pages += u32::from(operation == Operation::Page);
        (pages > 2).then(|| StoreError::throttled("slow down"))
    });
    let error = publisher.tenant("t").text("news").await.expect_err("the third page fails");
    assert!(error.is_throttled(), "{error}");
    let report = error.report().expect("two pages were sent").clone();
    assert_eq!((report.sent, report.total()), (20, 20));
    store.set_fault(|_| None);
    let cursor = report.cursor.expect("where to go on");
    let rest = publisher.tenant("t").resume(cursor).text("news").await.unwrap();
    assert_eq!(rest.sent, 30);
    assert!(clients.iter().all(|client| client.received() == ["news"]), "each once");

    store.set_fault(|_| Some(StoreError::failed("no table")));
    let error = publisher.tenant("t").text("news").await.expect_err("nothing can be read");
    assert!(error.report().is_some_and(|report| report.total() == 0 && report.cursor.is_none()));
}

#[tokio::test(start_paused = true)]
async fn goes_on_once_posting_is_allowed_again() {
    let (kit, clients, publisher) = beside(RecordingStore::default(), 300).await;
    let mut posts = 0;
    kit.push().set_delay(Duration::from_millis(15));
    kit.push().set_fault(move |_| {
        posts += 1;
        (posts > 100).then(|| PushError::forbidden("403 ExpiredTokenException"))
    });
    let report = publisher.tenant("t").text("news").await.unwrap();
    assert!(report.forbidden);
    assert_eq!((report.sent, report.total()), (100, 300), "{report:?}");
    assert!(report.failed <= 64, "those under way: {}", report.failed);
    kit.push().set_fault(|_| None);
    let rest = publisher.tenant("t").resume(report.cursor.unwrap()).text("news").await.unwrap();
    assert!(!rest.forbidden);
    assert_eq!(rest.cursor, None);
    assert!(clients.iter().all(|client| !client.received().is_empty()), "nobody is missed");
}

#[test]
fn a_cursor_of_another_version_is_refused() {
    let error = serde_json::from_str::<Cursor>(r#"{"v":2,"rest":[]}"#).expect_err("is not known");
    assert!(error.to_string().contains("version 2"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// However often a send stops, going on misses nobody, and sends twice at most to those under way.
    #[test]
    fn going_on_misses_nobody(
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
            let (kit, clients, publisher) = beside(store, count).await;
            let post = Duration::from_millis(15);
            kit.push().set_delay(post);
            let time = Duration::from_millis(501) + post * round_trips;
            let (mut cursor, mut rounds, mut sent) = (None, 0, 0);
            loop {
                let publisher = publisher.clone().with_deadline(Instant::now() + time);
                let mut audience = publisher.tenant("t").concurrency(concurrency);
                if let Some(cursor) = cursor.take() {
                    let text = serde_json::to_string(&cursor).unwrap();
                    audience = audience.resume(serde_json::from_str(&text).unwrap());
                }
                let report = audience.text("news").await.unwrap();
                (rounds, sent) = (rounds + 1, sent + report.sent);
                assert!(report.sent > 0 && rounds <= count, "no round is in vain: {report:?}");
                match report.cursor {
                    Some(rest) => cursor = Some(rest),
                    None => break,
                }
            }
            assert!(clients.iter().all(|client| !client.received().is_empty()));
            assert!(sent <= count + rounds * concurrency, "{sent} posts in {rounds} rounds");
        });
    }
}
