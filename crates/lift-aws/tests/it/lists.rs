//! Lists of any length, in pages of 1 MB, in pages of seven entries and in ranges. Each member is
//! listed once.

use std::collections::BTreeSet;

use futures_util::{StreamExt, TryStreamExt, stream};
use lift_aws::DynamoStore;
use lift_ws::{
    ConnectionId,
    store::{ListKey, Part, Position, Row, Store},
};

use crate::{
    embedded_dynamodb::{EmbeddedDatabase, TABLE},
    row_fixture::row,
};

async fn store_all(store: &DynamoStore, rows: &[Row]) {
    let saves = stream::iter(rows).map(|row| store.save(row)).buffer_unordered(32);
    saves.try_for_each(|_| async { Ok(()) }).await.expect("save");
}

/// Returns the ids of a part, and the number of entries of each page.
async fn read(store: &DynamoStore, of: &ListKey, part: Part) -> (Vec<ConnectionId>, Vec<usize>) {
    let (mut ids, mut pages, mut after) = (Vec::new(), Vec::new(), None::<Position>);
    loop {
        let page = store.page(of, part, after.as_ref()).await.expect("a page");
        pages.push(page.members.len());
        ids.extend(page.members.into_iter().map(|member| member.id));
        let Some(next) = page.next else { return (ids, pages) };
        // Converted to JSON and back, as for another process.
        let text = serde_json::to_string(&next).expect("is JSON");
        after = Some(serde_json::from_str(&text).expect("is a position"));
    }
}

#[tokio::test]
async fn a_list_continues_after_pages_that_dynamodb_ends_at_1_mb() {
    let database = EmbeddedDatabase::start().await;
    let store = database.store().with_shards(1).with_page(1_000_000);
    // Entries of almost 2 KB, so that the test needs few: an escaped `#` has three bytes.
    let long = "#".repeat(250);
    let rows: Vec<Row> = (0..1200)
        .map(|n| Row {
            id: format!("{long}{n:05}").into(),
            tenant: Some(long.as_str().into()),
            user: Some(format!("{n:0250}").into()),
            ..row()
        })
        .collect();
    store_all(&store, &rows).await;
    let of = ListKey::Tenant(long.as_str().into());
    let (ids, pages) = read(&store, &of, Part::whole(0)).await;
    let all: BTreeSet<ConnectionId> = rows.iter().map(|row| row.id.clone()).collect();
    assert_eq!((ids.len(), ids.into_iter().collect::<BTreeSet<_>>()), (1200, all));
    assert!(pages.len() > 2 && pages[0] < 700, "pages end by size, not by number: {pages:?}");
    assert_eq!(store.count(&of, Part::whole(0)).await.expect("a count"), 1200);
}

#[tokio::test]
async fn no_page_has_more_than_the_limit_and_ranges_are_read_concurrently() {
    let database = EmbeddedDatabase::start().await;
    let store = database.store().with_page(7);
    let rows: Vec<Row> =
        (0..300).map(|n| Row { id: format!("R1kmx{n:05}IFIA=").into(), ..row() }).collect();
    store_all(&store, &rows).await;
    let of = ListKey::Tenant("a#b".into());
    for min_parts in [1, 4, 5, 16, 64] {
        let parts = store.parts(&of, min_parts).await.expect("parts");
        assert!(parts.len() >= min_parts as usize && parts.len() >= 4, "{parts:?}");
        let reads = stream::iter(parts).map(|part| read(&store, &of, part)).buffer_unordered(8);
        let all: Vec<_> = reads.collect().await;
        assert!(all.iter().flat_map(|(_, pages)| pages).all(|page| *page <= 7));
        let ids: Vec<_> = all.into_iter().flat_map(|(ids, _)| ids).collect();
        assert_eq!(ids.len(), 300);
        assert_eq!(ids.into_iter().collect::<BTreeSet<_>>().len(), 300);
    }
}

#[tokio::test]
async fn members_removed_between_two_pages_do_not_stop_the_list() {
    let database = EmbeddedDatabase::start().await;
    let store = database.store().with_shards(1).with_page(5);
    let rows: Vec<Row> =
        (0..20).map(|n| Row { id: format!("R1kmx{n:05}IFIA=").into(), ..row() }).collect();
    store_all(&store, &rows).await;
    let of = ListKey::Tenant("a#b".into());
    let first = store.page(&of, Part::whole(0), None).await.expect("a page");
    // The member that the position names is removed too.
    for member in &first.members {
        store.remove(&member.id).await.expect("remove").expect("a row");
    }
    let (mut seen, mut after) = (first.members.len(), first.next);
    while let Some(position) = after {
        let page = store.page(&of, Part::whole(0), Some(&position)).await.expect("a page");
        (seen, after) = (seen + page.members.len(), page.next);
    }
    assert_eq!(seen, 20);
}

#[tokio::test]
async fn a_position_of_another_list_gives_no_members_of_it() {
    let database = EmbeddedDatabase::start().await;
    let store = database.store().with_shards(1).with_page(1);
    let other = Row { id: "other=".into(), tenant: Some("other".into()), ..row() };
    let third = Row { id: "third=".into(), ..other.clone() };
    store_all(&store, &[row(), other, third]).await;
    let of = |tenant: &str| ListKey::Tenant(tenant.into());
    let page = store.page(&of("other"), Part::whole(0), None).await.expect("a page");
    let position = page.next.expect("more");
    assert!(!position.as_str().contains("other#"), "{position:?}");
    let page = store.page(&of("a#b"), Part::whole(0), Some(&position)).await.expect("a page");
    assert_eq!(page.members, [], "the entries after that position in this list");
    for (part, position) in [
        (Part::whole(0), Position::new("{}")),
        (Part::whole(0), Position::new("soon")),
        (Part { shard: 0, from: 0, to: 5 }, position),
    ] {
        let page = store.page(&of("other"), part, Some(&position)).await;
        assert!(page.expect_err("is refused").is_invalid(), "{position:?}");
    }
}

/// Returns the bytes that DynamoDB reads for a connection in a list, in the user index and in the list
/// index.
pub(crate) async fn entry_sizes() -> (usize, usize) {
    let database = EmbeddedDatabase::start().await;
    let row = Row { tenant: Some("acme".into()), user: Some("user-12345".into()), ..row() };
    store_all(&database.store(), std::slice::from_ref(&row)).await;
    let size = |index: &str| {
        let scan = serde_json::json!({"TableName": TABLE, "IndexName": index});
        let (status, found) = database.execute("Scan", scan);
        assert_eq!(status, 200, "{found}");
        let entry = found["Items"][0].as_object().expect("an entry").clone();
        entry.iter().map(|(name, value)| name.len() + value_size(value)).sum::<usize>()
    };
    (size("gsi1"), size("gsi2"))
}

/// The size that DynamoDB bills: a number has a byte for two digits, and one more.
fn value_size(value: &serde_json::Value) -> usize {
    match (value["S"].as_str(), value["N"].as_str()) {
        (Some(text), _) => text.len(),
        (_, Some(digits)) => digits.len().div_ceil(2) + 1,
        _ => panic!("neither string nor number: {value}"),
    }
}
