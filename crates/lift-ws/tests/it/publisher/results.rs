//! The counts of a send's report, and the questions of its error.

use std::sync::Arc;

use lift_ws::{
    GlobalPublisher, PublishError,
    publish::Counts,
    push::PushError,
    store::{MemoryStore, StoreError},
    test::{RecordingPush, RecordingStore},
};
use serde_json::json;

fn counts(json: serde_json::Value) -> Counts {
    serde_json::from_value(json).expect("counts")
}

#[test]
fn counts_of_each_kind_are_added() {
    let first = json!({"sent": 1, "gone": 20, "throttled": 300, "failed": 4000, "skipped": 50_000});
    let second =
        json!({"sent": 2, "gone": 30, "throttled": 500, "failed": 3000, "skipped": 20_000});
    let sum = json!({"sent": 3, "gone": 50, "throttled": 800, "failed": 7000, "skipped": 70_000});
    let (first, second, sum) = (counts(first), counts(second), counts(sum));
    assert_eq!((first + second, first.total(), sum.total()), (sum, 54_321, 77_853));
    assert_eq!(first.to_string(), "sent 1, gone 20, throttled 300, failed 4000, skipped 50000");
}

/// Whether an error is: too large, gone, throttled, forbidden, misuse.
fn kinds(error: &PublishError) -> [bool; 5] {
    [
        error.is_too_large(),
        error.is_gone(),
        error.is_throttled(),
        error.is_forbidden(),
        error.is_misuse(),
    ]
}

#[tokio::test(start_paused = true)]
async fn an_error_has_one_kind() {
    let store = RecordingStore::default();
    let publisher = GlobalPublisher::new(Arc::new(store.clone()), Arc::new(RecordingPush::new()));
    let large = publisher.tenant("t").text("x".repeat(131_073)).await.expect_err("too large");
    assert_eq!(kinds(&large), [true, false, false, false, false]);
    assert_eq!(large.to_string(), "the message has 131073 bytes; the limit is 131072");

    let number_keys = std::collections::HashMap::from([((1, 2), 3)]);
    let json = publisher.tenant("t").json(&number_keys).await.expect_err("is not JSON");
    assert_eq!(kinds(&json), [false, false, false, false, true]);

    let faults = [
        (PushError::gone(), [false, true, false, false, false]),
        (PushError::throttled(), [false, false, true, false, false]),
        (PushError::forbidden("403"), [false, false, false, true, false]),
        (PushError::failed("reset"), [false; 5]),
    ];
    for (fault, expected) in faults {
        assert_eq!(kinds(&fault.into()), expected);
    }

    store.set_fault(|_| Some(StoreError::throttled("slow down")));
    let throttled = publisher.tenant("t").count().await.expect_err("is throttled");
    assert_eq!(kinds(&throttled), [false, false, true, false, false]);
    store.set_fault(|_| Some(StoreError::denied("no permission")));
    let denied = publisher.tenant("t").count().await.expect_err("is denied");
    assert_eq!(kinds(&denied), [false; 5]);
}

#[tokio::test(start_paused = true)]
async fn a_report_says_why_posts_failed_once_for_each_kind() {
    let (store, push) = (MemoryStore::new(), RecordingPush::new());
    let publisher = GlobalPublisher::new(Arc::new(store), Arc::new(push.clone()));
    let publisher = publisher.with_endpoint("https://api.example/prod");
    push.set_fault(|id| {
        Some(match id.as_str() {
            "a" | "b" => PushError::not_allowed("http://db:1".into(), "it is not of API Gateway"),
            "c" => PushError::refused("400 malformed").with_posted_to("http://other:2".into()),
            _ => PushError::failed(std::io::Error::other("connection refused")),
        })
    });
    let report = publisher.connections(["a", "b", "c", "d", "e"]).concurrency(1).text("hi").await;
    let report = report.expect("a report");
    assert_eq!(report.reasons().len(), 3);
    let text = "sent 0, gone 0, throttled 0, failed 5, skipped 0; \
        a at https://api.example/prod: the post was not sent: its endpoint is neither configured nor allowed: it is \
        not of API Gateway: set AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI to it; `lift env` prints that of `lift dev`; \
        c at http://other:2: the post cannot be made: check the connection's id and endpoint: 400 malformed; \
        d at https://api.example/prod: the post failed: connection refused: check that the endpoint can be reached, \
        and send again";
    assert_eq!(report.to_string(), text);
    assert_eq!(format!("{report:?}"), format!("Report({text})"));
}

#[tokio::test(start_paused = true)]
async fn a_report_says_why_posting_is_forbidden() {
    let push = RecordingPush::new();
    let publisher = GlobalPublisher::new(Arc::new(MemoryStore::new()), Arc::new(push.clone()));
    push.set_fault(|_| Some(PushError::forbidden("403 Forbidden")));
    let report =
        publisher.with_endpoint("https://api.example/prod").connection("a").text("hi").await;
    let text = "sent 0, gone 0, throttled 0, failed 1, skipped 0, stopped because posting is forbidden, can be \
        resumed by its cursor; a at https://api.example/prod: posting is forbidden: check credentials, endpoint and \
        stage: 403 Forbidden";
    assert_eq!(report.expect("a report").to_string(), text);
}
