//! The counts of a send's report, and the questions of its error.

use std::sync::Arc;

use lift_ws::{
    GlobalPublisher, PublishError,
    publish::Counts,
    push::PushError,
    store::StoreError,
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
