//! What the app stores: users, groups and tables on the pages, publishing, and exports.

use std::sync::{Arc, Mutex};

use futures_util::{FutureExt as _, SinkExt as _, future::BoxFuture};
use lift_gateway::{GatewayEventKind, Id};
use lift_inspector::{
    Attached, Identity, PublishReport, Rows, RowsError, Stored, StoredItem, TablePage, Tables,
    Target,
};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::{Feed, TestInspector, next};

/// Every connection is ana's, and in the group `tea`.
#[derive(Default)]
struct FakeStore(Mutex<Vec<(Target, String)>>);

impl Rows for FakeStore {
    fn identity(&self, _: Id) -> BoxFuture<'_, Result<Identity, RowsError>> {
        let ana = Identity { user: Some("ana".to_owned()), tenant: Some("lotus".to_owned()) };
        async move { Ok(ana) }.boxed()
    }

    fn stored(&self, _: Id) -> BoxFuture<'_, Result<Stored, RowsError>> {
        let item = |key: &str| StoredItem {
            key: key.to_owned(),
            group: Some("tea".to_owned()),
            value: None,
        };
        let row = Some(json!({ "tenant": "lotus" }));
        async move { Ok(Stored { row, items: vec![item("a"), item("b")] }) }.boxed()
    }

    fn publish(
        &self,
        target: Target,
        text: String,
    ) -> BoxFuture<'_, Result<PublishReport, RowsError>> {
        self.0.lock().unwrap().push((target, text));
        let failures = vec![("id".to_owned(), "token=s3cr3t".to_owned())];
        async move { Ok(PublishReport { sent: 2, gone: 1, failed: 1, failures }) }.boxed()
    }
}

/// A table of three rows, one on a page.
impl Tables for FakeStore {
    fn names(&self) -> Vec<String> {
        vec!["prices".to_owned()]
    }

    fn page<'a>(
        &'a self,
        _: &'a str,
        start: Option<Value>,
    ) -> BoxFuture<'a, Result<TablePage, RowsError>> {
        let number = start.and_then(|start| start.as_u64()).unwrap_or(0);
        let rows = vec![json!({ "pk": number, "password": "s3cr3t" })];
        let next = (number < 2).then(|| json!(number + 1));
        async move { Ok(TablePage { keys: vec!["pk".to_owned()], rows, next }) }.boxed()
    }
}

async fn start() -> (TestInspector, Arc<FakeStore>) {
    let store = Arc::new(FakeStore::default());
    let (rows, tables) = (store.clone(), store.clone());
    let inspector = TestInspector::start_with(|attached| Attached {
        rows: Some(rows),
        tables: Some(tables),
        write_recording: Some(Arc::new(|events| {
            let line = |kind: &GatewayEventKind| match kind {
                GatewayEventKind::Invoked { payload, .. } => {
                    format!("invoked {}", String::from_utf8_lossy(payload))
                }
                GatewayEventKind::Answered { .. } => "answered".to_owned(),
                GatewayEventKind::Opened(_) => "opened".to_owned(),
                other => panic!("not exported here: {other:?}"),
            };
            let lines: Vec<_> = events.iter().map(|(_, event)| line(&event.kind)).collect();
            Ok(lines.join("\n").into_bytes())
        })),
        ..attached
    });
    (inspector.await, store)
}

#[tokio::test]
async fn a_message_is_published_and_the_report_has_the_reasons() {
    let (inspector, store) = start().await;
    let to = json!({ "kind": "user", "name": "ana", "tenant": "lotus" });
    let (status, report) =
        inspector.call("POST", "/publish", &json!({ "to": to, "text": "hi" })).await;
    let failures = json!([{ "id": "id", "reason": "token=•••" }]);
    let expected = json!({ "sent": 2, "gone": 1, "failed": 1, "failures": failures });
    assert_eq!((status, report), (200, expected));
    let target = Target::User { name: "ana".to_owned(), tenant: Some("lotus".to_owned()) };
    assert_eq!(*store.0.lock().unwrap(), [(target, "hi".to_owned())]);
    let mut client = inspector.connect("").await;
    let everyone = json!({ "to": { "kind": "everyone" }, "text": "all" });
    let (_, report) = inspector.call("POST", "/publish", &everyone).await;
    assert_eq!((&report["sent"], &report["failed"]), (&json!(1), &json!(0)));
    assert_eq!(next(&mut client).await, Message::text("all"));
}

#[tokio::test]
async fn without_a_store_only_everyone_can_be_published_to() {
    let inspector = TestInspector::start().await;
    let request = json!({ "to": { "kind": "tenant", "name": "lotus" }, "text": "hi" });
    let (status, answer) = inspector.call("POST", "/publish", &request).await;
    assert_eq!(status, 400);
    assert!(answer["error"].as_str().unwrap().contains("everyone"), "{answer}");
}

#[tokio::test]
async fn groups_have_each_member_once() {
    let (inspector, _) = start().await;
    let _client = inspector.connect("").await;
    let id = inspector.id().await;
    let (_, list) = inspector.call("GET", "/groups", &Value::Null).await;
    let tea = json!([{ "tenant": "lotus", "name": "tea", "members": [id] }]);
    assert_eq!((&list["groups"], &list["unread"]), (&tea, &json!(0)));
}

#[tokio::test]
async fn a_table_is_read_page_by_page_without_secrets() {
    let (inspector, _) = start().await;
    let (_, names) = inspector.call("GET", "/tables", &Value::Null).await;
    assert_eq!(names["tables"], json!(["prices"]));
    let page = async |number| {
        inspector.call("GET", &format!("/tables/prices?page={number}"), &Value::Null).await
    };
    assert_eq!(page(1).await.0, 404, "the page before was not read");
    for number in 0..3 {
        let (_, found) = page(number).await;
        assert_eq!(found["rows"], json!([{ "pk": number, "password": "•••" }]));
        assert_eq!(found["more"], number < 2);
    }
    assert_eq!(page(0).await.1["rows"][0]["pk"], 0, "back to the first page");
    assert_eq!(inspector.call("GET", "/tables/other", &Value::Null).await.0, 404);
}

#[tokio::test]
async fn an_export_has_the_chosen_events_without_secrets() {
    let (inspector, _) = start().await;
    let mut feed = Feed::open(&inspector, 0).await;
    let mut client = inspector.connect("?ticket=s3cr3t").await;
    feed.entries(3).await;
    client.send(Message::text("hi")).await.unwrap();
    feed.entries(3).await;
    let (_, text) =
        inspector.raw("POST", "/recording", &json!({ "entries": [2, 0, 1] }).to_string()).await;
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[0].starts_with("invoked ") && lines[0].contains("•••"), "{text}");
    assert_eq!(lines[1..], ["answered", "opened"]);
    assert!(!text.contains("s3cr3t"), "{text}");
}

#[tokio::test]
async fn an_entry_has_the_user_of_a_connection_that_closed() {
    let (inspector, _) = start().await;
    let mut feed = Feed::open(&inspector, 0).await;
    let mut client = inspector.connect("").await;
    feed.entries(3).await;
    client.close(None).await.unwrap();
    feed.entries(1).await;
    loop {
        // The row is read in the background.
        let (_, entry) = inspector.call("GET", "/entries/0", &Value::Null).await;
        if entry["user"] == "ana" {
            return assert_eq!(entry["tenant"], "lotus");
        }
        tokio::task::yield_now().await;
    }
}
