//! The tables of the chapter "Capacity and cost" are computed here and compared. With
//! `LIFT_WRITE_COST_TABLES=1`, the tests write them.

use std::{fmt::Write, fs, path::Path};

use lift_aws::DynamoStore;
use lift_ws::{
    event::Timestamp,
    store::{Consistency, Item, ListKey, Part, Row, Saved, Store},
};
use serde_json::json;

use crate::{
    cost::{billed, warm},
    embedded_dynamodb::EmbeddedDatabase,
    row_fixture::{row, row_of},
};

const WRU: f64 = 0.625e-6;
const RRU: f64 = 0.125e-6;
const MESSAGE: f64 = 1e-6;
const MINUTE: f64 = 0.25e-6;
const INVOCATION: f64 = 0.2e-6;
const GB_SECOND: f64 = 0.000_013_333_4;

/// Compares a table of the chapter with the computed one.
fn check(name: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/src/cost.md");
    let chapter = fs::read_to_string(&path).expect("the chapter");
    let mark = format!("<!-- cost table: {name} -->\n");
    let start = chapter.find(&mark).expect("the mark") + mark.len();
    let end = start + chapter[start..].find("<!-- end -->").expect("the end mark");
    if chapter[start..end] == *expected {
        return;
    }
    if std::env::var_os("LIFT_WRITE_COST_TABLES").is_some() {
        let written = format!("{}{expected}{}", &chapter[..start], &chapter[end..]);
        return fs::write(path, written).expect("is written");
    }
    panic!("cost.md: the table \"{name}\" must be\n{expected}");
}

/// The requests since the last call: their number, and the billed write and read units.
fn since(database: &EmbeddedDatabase) -> (usize, f64, f64) {
    let calls = database.take_calls();
    let (mut writes, mut reads) = (0.0, 0.0);
    for (operation, units) in billed(&calls) {
        let units: f64 = units.iter().sum();
        *if matches!(operation, "Query" | "GetItem") { &mut reads } else { &mut writes } += units;
    }
    (calls.len(), writes, reads)
}

async fn save(store: &DynamoStore, row: &Row) {
    assert_eq!(store.save(row).await.expect("save"), Saved::Stored);
}

async fn join(store: &DynamoStore, row: &Row) {
    assert_eq!(store.put_item(row, &Item::in_group("tea")).await.expect("put"), Saved::Stored);
}

#[tokio::test]
async fn units_of_each_event() {
    let (database, store) = warm().await;
    let mut table = "| event | requests | WRU | RRU |\n|---|---|---|---|\n".to_owned();
    let mut line = |what: &str| {
        let (requests, writes, reads) = since(&database);
        let or_dash = |units: f64| if units == 0.0 { "–".to_owned() } else { units.to_string() };
        let (writes, reads) = (or_dash(writes), or_dash(reads));
        writeln!(table, "| {what} | {requests} | {writes} | {reads} |").expect("text");
    };
    save(&store, &row()).await;
    line("`$connect`");
    store.remove(&row().id).await.expect("remove");
    line("`$disconnect`");
    store.remove(&row().id).await.expect("remove");
    line("the same `$disconnect` again");
    save(&store, &Row { tenant: None, ..row_of("user=") }).await;
    line("`$connect` with only a user, or only a tenant");
    save(&store, &Row { tenant: None, user: None, ..row_of("none=") }).await;
    line("`$connect` with neither");
    let bound = store.sign_in(&"none=".into(), &"ana".into(), Some(&"a#b".into())).await;
    let _ = bound.expect("sign in");
    line("`sign_in` of a connection with neither");
    store.remove_gone(&"none=".into(), Timestamp::from_millis(0)).await.expect("remove_gone");
    line("a post that is answered 410 in the first minute");
    store
        .remove_gone(&"none=".into(), Timestamp::from_millis(u64::MAX))
        .await
        .expect("remove_gone");
    line("a post that is answered 410 later");
    let row = row_of("R1kmxITEMS=");
    save(&store, &row).await;
    since(&database);
    store.set_attributes(&row.id, json!({"tier": "gold"})).await.expect("set");
    line("`set_attributes`");
    store.get(&row.id, Consistency::Eventual).await.expect("get");
    line("`Connection`, not in the cache of the process");
    store.get(&row.id, Consistency::Consistent).await.expect("get");
    line("`Attributes`");
    join(&store, &row).await;
    line("joining a group");
    store.remove_item(&row.id, "tea").await.expect("remove_item");
    line("leaving a group");
    join(&store, &row).await;
    since(&database);
    store.remove(&row.id).await.expect("remove");
    line("`$disconnect` in one group; 2 WRU for each further group");
    let of = ListKey::Tenant("a#b".into());
    for part in store.parts(&of, 1).await.expect("parts") {
        store.page(&of, part, None).await.expect("a page");
    }
    line("a list of a few connections of a tenant, in 4 shards");
    let of = ListKey::User { tenant: Some("a#b".into()), user: "ana".into() };
    store.page(&of, Part::whole(0), None).await.expect("a page");
    line("a list of a user's connections");
    let another = database.store();
    another.parts(&ListKey::Tenant("a#b".into()), 1).await.expect("parts");
    line("META, per process and minute");
    check("units", &table);
}

#[test]
fn max_connections_by_shards_and_lifetime() {
    let mut table = "| shards | 1 minute | 10 minutes | 30 minutes | 2 hours |\n".to_owned();
    table.push_str("|---|---|---|---|---|\n");
    for shards in [1_u64, 4, 16, 64, 256] {
        let max_connections = |seconds: u64| thousands(1000 * shards / 2 * seconds);
        let columns = [60, 600, 1800, 7200].map(max_connections).join(" | ");
        writeln!(table, "| {shards} | {columns} |").expect("text");
    }
    check("ceilings", &table);
}

#[tokio::test]
async fn units_of_lists() {
    let (first, second) = crate::lists::entry_sizes().await;
    let mut table =
        "| list | bytes of an entry | connections in 1 MB | RRU for 100,000 | price |\n".to_owned();
    table.push_str("|---|---|---|---|---|\n");
    for (list, bytes) in [("of a user", first), ("of a tenant, of a group", second)] {
        let units = list_units(100_000.0, bytes);
        let page = 1_048_576 / bytes as u64;
        let price = units * RRU;
        writeln!(table, "| {list} | {bytes} | {} | {units:.0} | ${price:.5} |", thousands(page))
            .expect("text");
    }
    table.push_str(
        "\nFor a tenant `acme`, a user `user-12345` and ids as API Gateway gives them.\n",
    );
    check("lists", &table);
}

fn list_units(connections: f64, entry: usize) -> f64 {
    connections * entry as f64 / 4096.0 / 2.0
}

#[tokio::test]
async fn price_of_a_month() {
    let (database, store) = warm().await;
    save(&store, &row()).await;
    store.remove(&row().id).await.expect("remove");
    let (_, units_of_a_connection, _) = since(&database);
    let of = ListKey::Tenant("a#b".into());
    for part in store.parts(&of, 1).await.expect("parts") {
        store.page(&of, part, None).await.expect("a page");
    }
    let (_, _, units_of_a_list) = since(&database);

    let (clients, hours) = (100_000.0, 730.0);
    let minutes = clients * hours * 60.0;
    let connects = minutes / 30.0;
    let (pings, messages) = (minutes / 9.0, minutes / 100.0);
    let posts = messages * 10.0;
    let metas = 100.0 * hours * 60.0;
    let gb_seconds = 0.125 * (2.0 * connects * 0.008 + pings * 0.005 + messages * 0.020);
    let invocations = 2.0 * connects + pings + messages;
    let lines = [
        ("API Gateway: minutes", minutes, MINUTE),
        ("API Gateway: messages in", pings + messages, MESSAGE),
        ("API Gateway: messages out", posts, MESSAGE),
        ("Lambda: invocations", invocations, INVOCATION),
        ("Lambda: GB-seconds", gb_seconds, GB_SECOND),
        ("DynamoDB: WRU of connects and disconnects", connects * units_of_a_connection, WRU),
        ("DynamoDB: RRU of lists", messages * units_of_a_list, RRU),
        ("DynamoDB: RRU of META", metas, RRU),
    ];
    let mut table = "| item | quantity | price |\n|---|---|---|\n".to_owned();
    let mut total = 0.0;
    for (what, quantity, price) in lines {
        total += quantity * price;
        let quantity_text = thousands(quantity.round() as u64);
        writeln!(table, "| {what} | {quantity_text} | ${:.2} |", quantity * price).expect("text");
    }
    writeln!(table, "| **all** | | **${total:.2}** |").expect("text");
    let per_second = connects / (hours * 3600.0);
    writeln!(
        table,
        "\n{per_second:.0} clients per second connect, and as many disconnect: one shard would be enough for \
         all in one tenant. A million connections cost ${:.2}.",
        units_of_a_connection * WRU * 1e6
    )
    .expect("text");
    check("month", &table);
}

fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
