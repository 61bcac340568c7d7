//! A fake DynamoDB API for cases that the embedded database cannot simulate: it is slow, refuses requests, or
//! returns the errors of a concurrent change. Each operation has a list of responses; the last one is repeated.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
};

use lift_aws::{
    AwsConfig, Table,
    table::{CreateOptions, CreateStep},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufStream},
    net::{TcpListener, TcpStream},
};

type Responses = HashMap<&'static str, VecDeque<(u16, Value)>>;

#[derive(Clone)]
struct FakeDatabase {
    responses: Arc<Mutex<Responses>>,
    calls: Arc<Mutex<Vec<String>>>,
    url: String,
}

impl FakeDatabase {
    async fn start(responses: &[(&'static str, u16, Value)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let mut by_operation = Responses::new();
        for (operation, status, body) in responses {
            by_operation.entry(operation).or_default().push_back((*status, body.clone()));
        }
        let responses = Arc::new(Mutex::new(by_operation));
        let database = Self { responses, calls: Arc::default(), url };
        let server = database.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(server.clone().serve(stream));
            }
        });
        database
    }

    fn table(&self) -> Table {
        Table::new(&AwsConfig::local(&self.url, "us-east-1"), "t-connections")
    }

    fn calls(&self) -> Vec<String> {
        self.calls.lock().expect("not poisoned").clone()
    }

    async fn serve(self, stream: TcpStream) {
        let mut stream = BufStream::new(stream);
        loop {
            let (mut operation, mut length, mut line) = (String::new(), 0, String::new());
            while line != "\r\n" {
                line.clear();
                if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                    return;
                }
                match line.trim().split_once(": ") {
                    Some(("x-amz-target", target)) => {
                        operation = target.rsplit('.').next().unwrap_or_default().to_owned();
                    }
                    Some(("content-length", text)) => length = text.parse().expect("a length"),
                    _ => (),
                }
            }
            stream.read_exact(&mut vec![0; length]).await.expect("a body");
            let (status, body) = self.response(&operation);
            let body = body.to_string();
            let response = format!(
                "HTTP/1.1 {status} X\r\ncontent-type: application/x-amz-json-1.0\r\n\
                 content-length: {}\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(response.as_bytes()).await.expect("written");
            stream.flush().await.expect("flushed");
        }
    }

    fn response(&self, operation: &str) -> (u16, Value) {
        self.calls.lock().expect("not poisoned").push(operation.to_owned());
        let mut responses = self.responses.lock().expect("not poisoned");
        let left =
            responses.get_mut(operation).unwrap_or_else(|| panic!("{operation} is unexpected"));
        match left.len() {
            1 => left[0].clone(),
            _ => left.pop_front().expect("a response"),
        }
    }
}

fn live(status: &str, index: &str) -> Value {
    let keys = |pk: &str, sk: &str| json!([{"AttributeName": pk, "KeyType": "HASH"}, {"AttributeName": sk, "KeyType": "RANGE"}]);
    let names = ["pk", "sk", "gsi1pk", "gsi1sk", "gsi2pk", "gsi2sk"];
    let string = |name: &str| json!({"AttributeName": name, "AttributeType": "S"});
    json!({"Table": {
        "TableName": "t-connections",
        "TableStatus": status,
        "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
        "AttributeDefinitions": names.map(string),
        "KeySchema": keys("pk", "sk"),
        "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        "GlobalSecondaryIndexes": [
            {"IndexName": "gsi1", "IndexStatus": index, "KeySchema": keys("gsi1pk", "gsi1sk"),
             "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["ttl", "env"]}},
            {"IndexName": "gsi2", "IndexStatus": "ACTIVE", "KeySchema": keys("gsi2pk", "gsi2sk"),
             "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["ttl", "u", "env"]}},
        ],
    }})
}

fn expiry(status: &str) -> Value {
    let attribute = (status != "DISABLED").then_some("ttl");
    json!({"TimeToLiveDescription": {"TimeToLiveStatus": status, "AttributeName": attribute}})
}

fn error(code: &str, message: &str) -> Value {
    json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": message})
}

fn not_found() -> Value {
    error("ResourceNotFoundException", "Requested resource not found")
}

#[tokio::test]
async fn waits_until_the_table_and_its_indexes_are_active() {
    let database = FakeDatabase::start(&[
        ("DescribeTable", 400, not_found()),
        ("CreateTable", 200, json!({})),
        // `DescribeTable` may not know the table yet.
        ("DescribeTable", 400, not_found()),
        ("DescribeTable", 200, live("CREATING", "CREATING")),
        ("DescribeTable", 200, live("ACTIVE", "CREATING")),
        ("DescribeTable", 200, live("ACTIVE", "ACTIVE")),
        ("DescribeTimeToLive", 200, expiry("DISABLED")),
        ("UpdateTimeToLive", 200, json!({})),
    ])
    .await;
    let mut steps = Vec::new();
    let options = CreateOptions::new();
    let created = database.table().create_with_progress(&options, |step| steps.push(step)).await;
    assert!(created.expect("created").new);
    assert_eq!(steps, [CreateStep::Create, CreateStep::Wait, CreateStep::Expire]);
    let update = database.calls().iter().position(|call| call == "UpdateTimeToLive");
    let described = database.calls()[..update.expect("a call")].to_vec();
    assert_eq!(described.iter().filter(|call| *call == "DescribeTable").count(), 5);
}

#[tokio::test]
async fn a_concurrent_create_by_another_process_succeeds() {
    let database = FakeDatabase::start(&[
        ("DescribeTable", 400, not_found()),
        ("CreateTable", 400, error("ResourceInUseException", "Table already exists")),
        ("DescribeTable", 200, live("ACTIVE", "ACTIVE")),
        ("DescribeTimeToLive", 200, expiry("DISABLED")),
        ("UpdateTimeToLive", 400, error("ValidationException", "TimeToLive is already enabled")),
    ])
    .await;
    let created = database.table().create(&CreateOptions::new()).await;
    assert!(!created.expect("it exists").new);
}

#[tokio::test]
async fn expiry_that_cannot_be_turned_on_is_an_error() {
    let reason = "Time to live has been modified multiple times within a fixed interval";
    let mut responses = vec![
        ("DescribeTable", 200, live("ACTIVE", "ACTIVE")),
        ("DescribeTimeToLive", 200, expiry("DISABLED")),
        ("UpdateTimeToLive", 400, error("ValidationException", reason)),
    ];
    let database = FakeDatabase::start(&responses).await;
    let error = database.table().create(&CreateOptions::new()).await.expect_err("refused");
    let expected = "UpdateTimeToLive failed for the table t-connections";
    assert!(error.to_string().starts_with(expected), "{error}");
    assert!(error.to_string().contains(reason), "{error}");
    // DynamoDB also refuses if another process has just turned it on. A description may not show
    // it yet.
    responses.push(("DescribeTimeToLive", 200, expiry("DISABLED")));
    responses.push(("DescribeTimeToLive", 200, expiry("ENABLING")));
    let database = FakeDatabase::start(&responses).await;
    database.table().create(&CreateOptions::new()).await.expect("it is on");
}

#[tokio::test]
async fn a_table_that_is_being_created_or_deleted_does_not_fit() {
    for (status, index, expected) in [
        ("CREATING", "CREATING", "its status is CREATING: wait until it is ACTIVE"),
        ("ACTIVE", "CREATING", "the status of the index gsi1 is CREATING: wait"),
        ("DELETING", "ACTIVE", "its status is DELETING: wait until it is gone"),
        ("ARCHIVED", "ACTIVE", "its status is ARCHIVED: see what DynamoDB's console says"),
    ] {
        let database = FakeDatabase::start(&[
            ("DescribeTable", 200, live(status, index)),
            ("DescribeTimeToLive", 200, expiry("ENABLED")),
        ])
        .await;
        let check = database.table().check().await.expect("checked");
        assert!(check.to_string().contains(expected), "{check}");
    }
    for status in ["ACTIVE", "UPDATING"] {
        let database = FakeDatabase::start(&[
            ("DescribeTable", 200, live(status, "UPDATING")),
            ("DescribeTimeToLive", 200, expiry("ENABLING")),
        ])
        .await;
        assert!(database.table().check().await.expect("checked").fits(), "{status}");
    }
}

#[tokio::test]
async fn a_table_that_is_being_deleted_is_not_created() {
    let database = FakeDatabase::start(&[
        ("DescribeTable", 200, live("DELETING", "ACTIVE")),
        ("DescribeTimeToLive", 200, expiry("ENABLED")),
    ])
    .await;
    let error = database.table().create(&CreateOptions::new()).await.expect_err("not now");
    assert!(error.to_string().contains("its status is DELETING"), "{error}");
}

#[tokio::test]
async fn deletion_waits_until_the_table_is_gone() {
    let database = FakeDatabase::start(&[
        ("DescribeTable", 200, live("ACTIVE", "ACTIVE")),
        ("DescribeTable", 200, live("DELETING", "ACTIVE")),
        ("DescribeTable", 400, not_found()),
        ("DescribeTimeToLive", 200, expiry("ENABLED")),
        ("DeleteTable", 200, json!({})),
    ])
    .await;
    database.table().delete().await.expect("deleted");
    let calls = database.calls();
    assert_eq!(calls.iter().filter(|call| *call == "DescribeTable").count(), 3, "{calls:?}");
}

#[tokio::test]
async fn a_refusal_names_the_permission_or_the_credentials() {
    let denied = "User: arn:aws:iam::123456789012:user/ana is not authorized to perform it";
    for (code, message, expected, is_denied) in [
        ("AccessDeniedException", denied, "access denied: allow `dynamodb:DescribeTable`", true),
        (
            "ExpiredTokenException",
            "expired",
            "does not take the AWS credentials: sign in again",
            true,
        ),
        ("UnrecognizedClientException", "invalid", "does not take the AWS credentials", true),
        ("LimitExceededException", "too much", "too much (LimitExceededException)", false),
    ] {
        let database = FakeDatabase::start(&[("DescribeTable", 400, error(code, message))]).await;
        let error = database.table().check().await.expect_err("refused");
        let text = format!("{error:?}");
        assert!(text.contains(expected) && text.contains(message), "{text}");
        assert_eq!((error.is_denied(), error.is_unreachable()), (is_denied, false), "{code}");
    }
}
