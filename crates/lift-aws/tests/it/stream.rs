//! The table's stream, as the embedded database writes it and as AWS documents it, decoded into
//! connects and disconnects.

use std::time::Duration;

use lift_aws::stream::{self, Change, StreamError, StreamEvent};
use lift_ws::{
    event::Timestamp,
    store::{Item, Row, Saved, SignedIn, Store},
};
use serde_json::{Value, json};

use crate::{
    embedded_dynamodb::{EmbeddedDatabase, TABLE},
    row_fixture::row_of,
};

async fn streaming() -> (EmbeddedDatabase, String) {
    let database = EmbeddedDatabase::start().await;
    let stream = json!({"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"});
    let update = json!({"TableName": TABLE, "StreamSpecification": stream});
    let (status, updated) = database.execute("UpdateTable", update);
    assert_eq!(status, 200, "{updated}");
    let arn = updated["TableDescription"]["LatestStreamArn"].as_str().expect("a stream").to_owned();
    (database, arn)
}

/// All records of the stream, in the form that Lambda passes to a function.
fn batch(database: &EmbeddedDatabase, arn: &str) -> Value {
    let ask = |operation: &str, body: Value| {
        let (status, response) = database.execute(operation, body);
        assert_eq!(status, 200, "{response}");
        response
    };
    let described = ask("DescribeStream", json!({"StreamArn": arn}));
    let shard = &described["StreamDescription"]["Shards"][0]["ShardId"];
    let iterator = ask(
        "GetShardIterator",
        json!({"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}),
    );
    let records = ask("GetRecords", json!({"ShardIterator": iterator["ShardIterator"]}));
    json!({"Records": records["Records"]})
}

fn decoded(batch: &Value) -> Vec<StreamEvent> {
    stream::decode(batch).collect::<Result<_, StreamError>>().expect("good records")
}

#[tokio::test]
async fn a_stream_has_connects_sign_ins_disconnects_and_lost_connections() {
    let (database, arn) = streaming().await;
    let store = database.store();
    let ana = row_of("R1kmxANA=");
    let eve = Row { user: None, tenant: None, ..row_of("R1kmxEVE=") };
    let opened = Timestamp::now() - Duration::from_secs(3 * 3600);
    let lost = Row { connected_at: opened, ..row_of("R1kmxLOST=") };
    for row in [&ana, &eve, &lost] {
        assert_eq!(store.save(row).await.expect("save"), Saved::Stored);
    }
    assert!(store.set_attributes(&ana.id, json!({"tier": "gold"})).await.expect("set"));
    assert_eq!(store.put_item(&ana, &Item::in_group("tea")).await.expect("put"), Saved::Stored);
    let signed_in = store.sign_in(&eve.id, &"eve".into(), Some(&"a#b".into())).await;
    assert_eq!(signed_in.expect("sign in"), SignedIn::Done);
    let before = Timestamp::now();
    store.remove(&ana.id).await.expect("remove").expect("a row");
    store.remove(&ana.id).await.expect("remove");
    store.remove(&"R1kmxNEVER=".into()).await.expect("remove");
    assert_eq!(database.inner.sweep_ttl().expect("a sweep"), 1, "the lost connection expires");

    let events = decoded(&batch(&database, &arn));
    let seen: Vec<_> = events.iter().map(|event| (event.id.as_str(), event.change)).collect();
    let Change::Disconnected { at, lasted } = seen[4].1 else { panic!("{seen:?}") };
    assert!((before..=Timestamp::now()).contains(&at));
    assert_eq!(lasted, at.since(ana.connected_at));
    let expected = [
        ("R1kmxANA=", Change::Connected),
        ("R1kmxEVE=", Change::Connected),
        ("R1kmxLOST=", Change::Connected),
        ("R1kmxEVE=", Change::SignedIn),
        ("R1kmxANA=", Change::Disconnected { at, lasted }),
        ("R1kmxLOST=", Change::Lost),
    ];
    assert_eq!(seen, expected);
    for n in [0, 4, 5] {
        assert_eq!(events[n].user, Some("ana".into()), "also of a connection that ended");
        assert_eq!(events[n].tenant, Some("a#b".into()));
    }
    assert_eq!((&events[1].user, &events[3].user), (&None, &Some("eve".into())));
    assert_eq!(events[4].connected_at, ana.connected_at);
    let numbers: Vec<_> = events.iter().map(|event| &event.sequence_number).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{numbers:?}");
}

/// The record of the Lambda developer guide ("Using AWS Lambda with Amazon DynamoDB").
fn documented() -> Value {
    let live = json!({"pk": {"S": "CONNECTION#a%23b="}, "sk": {"S": "CONNECTION"},
        "ca": {"N": "1795262400000"}, "ttl": {"N": "1795269900"}, "u": {"S": "ana"}, "e": {"S": "x"}});
    json!({
        "eventID": "c4ca4238a0b923820dcc509a6f75849b", "eventName": "REMOVE",
        "eventVersion": "1.1", "eventSource": "aws:dynamodb", "awsRegion": "eu-west-1",
        "userIdentity": {"type": "Service", "principalId": "dynamodb.amazonaws.com"},
        "dynamodb": {
            "ApproximateCreationDateTime": 1_795_270_000,
            "Keys": {"pk": live["pk"], "sk": live["sk"]},
            "OldImage": live,
            "SequenceNumber": "4421584500000000017450439091",
            "SizeBytes": 26, "StreamViewType": "NEW_AND_OLD_IMAGES"
        },
        "eventSourceARN": "arn:aws:dynamodb:eu-west-1:123456789012:table/t/stream/2026-11-21T00:00:00.000"
    })
}

#[test]
fn the_documented_record_is_decoded() {
    let events = decoded(&json!({"Records": [documented()]}));
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].id.as_str(), events[0].change), ("a#b=", Change::Lost));
    assert_eq!(events[0].sequence_number, "4421584500000000017450439091");
}

#[test]
fn records_of_other_items_and_sources_are_skipped() {
    let mut other_table = documented();
    other_table["dynamodb"]["Keys"] = json!({"id": {"S": "5"}});
    let mut meta = documented();
    meta["dynamodb"]["Keys"] = json!({"pk": {"S": "META"}, "sk": {"S": "META"}});
    let mut item = documented();
    item["dynamodb"]["Keys"]["sk"]["S"] = "ITEM#tea".into();
    let mut tombstone = documented();
    tombstone["dynamodb"]["OldImage"] = json!({"gone": {"N": "5"}, "ttl": {"N": "6"}});
    let queue = json!({"eventSource": "aws:sqs", "body": "{}"});
    let batch = json!({"Records": [other_table, meta, item, tombstone, queue, 5, null]});
    assert_eq!(decoded(&batch), []);
    for other in [json!({"detail-type": "Scheduled Event"}), json!(null), json!({"Records": 5})] {
        assert_eq!(decoded(&other), []);
    }
}

#[test]
fn a_malformed_record_is_named_and_the_others_are_decoded() {
    let broken = |change: fn(&mut Value)| {
        let mut record = documented();
        change(&mut record);
        record
    };
    let records = [
        broken(|record| record["dynamodb"]["OldImage"]["ca"] = json!({"N": "soon"})),
        broken(|record| record["dynamodb"]["OldImage"]["ca"] = json!("soon")),
        broken(|record| record["dynamodb"]["OldImage"] = Value::Null),
        broken(|record| record["eventName"] = "EXPLODE".into()),
    ];
    for record in records {
        let batch = json!({"Records": [documented(), record, documented()]});
        let decoded: Vec<_> = stream::decode(&batch).collect();
        assert_eq!(decoded.iter().filter(|event| event.is_ok()).count(), 2, "{decoded:?}");
        let error = decoded[1].as_ref().expect_err("is malformed");
        assert_eq!(error.sequence_number(), Some("4421584500000000017450439091"));
        assert!(error.to_string().contains("4421584500000000017450439091"), "{error}");
    }
    let without_keys = broken(|record| record["dynamodb"] = json!({}));
    let batch = json!({"Records": [without_keys]});
    let error = stream::decode(&batch).next().expect("an error").expect_err("is malformed");
    assert_eq!(error.sequence_number(), None);
}
