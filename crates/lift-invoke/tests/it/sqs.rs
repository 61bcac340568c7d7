//! The event of a queue, and what a function says of its messages.

use lift_event::Timestamp;
use lift_invoke::sqs::{event, failed_messages};
use serde_json::json;

fn three() -> bytes::Bytes {
    event(["one", "two", "three"], "jobs", "eu-west-1", Timestamp::from_millis(1_795_942_800_123))
}

#[test]
fn an_event_has_the_fields_of_sqs() {
    let mut event: serde_json::Value = serde_json::from_slice(&three()).expect("JSON");
    let first = &mut event["Records"][0];
    assert_eq!(first["messageId"].take().as_str().map(str::len), Some(36));
    assert!(first["receiptHandle"].take().as_str().is_some_and(|text| text.starts_with("AQEB")));
    let expected = json!({
        "messageId": null,
        "receiptHandle": null,
        "body": "one",
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1795942800123",
            "SenderId": "local",
            "ApproximateFirstReceiveTimestamp": "1795942800123",
        },
        "messageAttributes": {},
        // As `printf one | md5sum` prints it.
        "md5OfBody": "f97c5d29941bfb1b2fdab0874906ab82",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:000000000000:jobs",
        "awsRegion": "eu-west-1",
    });
    assert_eq!(*first, expected);
    assert_eq!(event["Records"].as_array().map(Vec::len), Some(3));
}

#[test]
fn results_name_the_messages_that_failed() {
    let event = three();
    let records: serde_json::Value = serde_json::from_slice(&event).expect("JSON");
    let id = &records["Records"][1]["messageId"];
    let failed = |result: serde_json::Value| failed_messages(&event, result.to_string().as_bytes());
    for success in [
        json!(null),
        json!({}),
        json!("done"),
        json!({"batchItemFailures": []}),
        json!({"batchItemFailures": null}),
    ] {
        assert_eq!(failed(success.clone()), [0_usize; 0], "{success}");
    }
    let twice = json!({"itemIdentifier": id});
    assert_eq!(failed(json!({"batchItemFailures": [twice, twice]})), [1]);
    for all in [
        json!({"batchItemFailures": [{"itemIdentifier": "unknown"}]}),
        json!({"batchItemFailures": [{"itemIdentifier": null}]}),
        json!({"batchItemFailures": [{"itemIdentifier": id}, {"id": id}]}),
        json!({"batchItemFailures": "all"}),
    ] {
        assert_eq!(failed(all.clone()), [0, 1, 2], "{all}");
    }
}
