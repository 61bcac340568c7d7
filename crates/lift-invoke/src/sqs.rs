//! The event of an SQS queue: messages as Lambda gives them to a function, and what the function says of them.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use lift_event::Timestamp;

use crate::ACCOUNT;

/// The name of the queue, when nothing names one.
pub const DEFAULT_QUEUE: &str = "queue";

/// The code of the error that a result with failed messages means.
pub const FAILED_MESSAGES: &str = "batchItemFailures";

/// The event for one batch of messages, as a queue of this Region sends it.
#[must_use]
pub fn event<'a>(
    bodies: impl IntoIterator<Item = &'a str>,
    queue: &str,
    region: &str,
    now: Timestamp,
) -> Bytes {
    let records: Vec<Value> =
        bodies.into_iter().map(|body| record(body, queue, region, now)).collect();
    json!({ "Records": records }).to_string().into()
}

fn record(body: &str, queue: &str, region: &str, now: Timestamp) -> Value {
    let sent = now.to_string();
    json!({
        "messageId": Uuid::new_v4().to_string(),
        "receiptHandle": format!("AQEB{}", Uuid::new_v4().simple()),
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": sent,
            "SenderId": "local",
            "ApproximateFirstReceiveTimestamp": sent,
        },
        "messageAttributes": {},
        "md5OfBody": format!("{:x}", md5::compute(body)),
        "eventSource": "aws:sqs",
        "eventSourceARN": format!("arn:aws:sqs:{region}:{ACCOUNT}:{queue}"),
        "awsRegion": region,
    })
}

/// The messages of `event` that failed, by a result with `batchItemFailures`: their positions, from 0. As for Lambda,
/// a result without that list means success, and a list with an unknown id means that all messages failed.
#[must_use]
pub fn failed_messages(event: &[u8], result: &[u8]) -> Vec<usize> {
    #[derive(Deserialize)]
    struct Event {
        #[serde(rename = "Records")]
        records: Vec<Message>,
    }
    #[derive(Deserialize)]
    struct Message {
        #[serde(rename = "messageId")]
        id: String,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct BatchResult {
        batch_item_failures: Option<Vec<Failure>>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Failure {
        item_identifier: Option<String>,
    }
    let Ok(Event { records }) = serde_json::from_slice(event) else { return Vec::new() };
    let has_list = serde_json::from_slice::<Value>(result)
        .is_ok_and(|result| result.get("batchItemFailures").is_some_and(|list| !list.is_null()));
    if !has_list {
        return Vec::new();
    }
    let all = || (0..records.len()).collect();
    let Ok(BatchResult { batch_item_failures: Some(failures) }) = serde_json::from_slice(result)
    else {
        return all();
    };
    let mut failed = Vec::new();
    for Failure { item_identifier } in failures {
        let found = item_identifier.and_then(|id| records.iter().position(|one| one.id == id));
        let Some(position) = found else { return all() };
        failed.push(position);
    }
    failed.sort_unstable();
    failed.dedup();
    failed
}
