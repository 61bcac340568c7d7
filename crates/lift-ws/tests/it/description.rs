//! The description of an app, and the panics of an app that is built wrongly.

use std::panic::AssertUnwindSafe;

use lift_ws::{
    Accept, App, Route,
    describe::Description,
    layer,
    table::{IndexSpec, Key, StreamView, TableSpec},
};
use serde_json::json;

#[derive(schemars::JsonSchema)]
#[allow(dead_code, reason = "only its schema is used")]
struct Say {
    text: String,
}

/// Readers of version 1 of the description rely on these keys: new keys may be added, but no key may change.
#[test]
fn version_1_of_the_description_does_not_change() {
    let app = App::new()
        .connect(async || Accept::anonymous())
        .with_route(Route::new("say", async || ()).payload::<Say>().layer(layer::body_limit(500)))
        .with_route(Route::new("ask", async || "").one_way().reply::<String>())
        .default_route(async || ())
        .keepalive("ping")
        .layer(layer::body_limit(1000))
        .two_way()
        .route_selection("$request.body.type")
        .correlate("id")
        .subprotocols(&["chat.v2", "chat.v1"])
        .require_env("SHOP_URL")
        .table(
            TableSpec::new("PRICES_TABLE", Key::string("item"))
                .sort_key(Key::number("at"))
                .index(IndexSpec::new("all", Key::binary("hash")))
                .index(
                    IndexSpec::new("by_bidder", Key::string("bidder"))
                        .sort_key(Key::number("at"))
                        .project(&["price"]),
                )
                .time_to_live("expires")
                .stream(StreamView::NewAndOldImages),
        )
        .table(TableSpec::new("AUDIT", Key::string("id")))
        .schedule("close", "rate(1 minute)");
    let json = serde_json::to_string_pretty(&app.describe()).unwrap();
    assert_eq!(json.trim(), include_str!("description.json").trim(), "\n{json}");
    let read: Description = serde_json::from_str(&json).unwrap();
    assert_eq!(read, app.describe());
}

#[test]
fn the_description_of_an_app_without_settings_is_short() {
    let without_settings = serde_json::to_value(App::new().unmanaged().describe()).unwrap();
    let settings = json!({"managed": false, "selection": "$request.body.action", "two_way": false, "subprotocols": []});
    let expected = json!({
        "version": 1, "routes": [], "tables": [], "settings": settings, "variables": [],
        "schedules": [],
    });
    assert_eq!(without_settings, expected);
}

#[test]
fn the_description_of_an_older_app_has_defaults_for_new_keys() {
    let older = json!({"version": 1, "routes": [{"key": "say", "two_way": true}], "tables": []});
    let read: Description = serde_json::from_value(older).unwrap();
    assert_eq!(read.settings, App::new().describe().settings);
    assert!(read.schedules.is_empty());
}

#[test]
fn the_description_has_the_needs_of_merged_apps() {
    let shop =
        App::new().keepalive("ping").require_env("SHOP_URL").route_selection("$request.body.shop");
    let shop = shop.schedule("restock", "cron(0 4 * * ? *)");
    let app = App::new().merge(shop).require_env("A").schedule("close", "rate(5 minutes)");
    let app = app.describe();
    let names: Vec<&str> = app.schedules.iter().map(|schedule| &*schedule.name).collect();
    assert_eq!(names, ["close", "restock"]);
    let names: Vec<&str> = app.variables.iter().map(|variable| &*variable.name).collect();
    assert_eq!(names, ["A", "LIFT_TABLE", "SHOP_URL"]);
    assert_eq!(app.settings.keepalive.as_deref(), Some("ping"));
    assert_eq!(app.settings.selection, "$request.body.action", "the outer app's selection");
}

#[test]
#[should_panic(expected = "`$request.header.x` is not a route selection expression")]
fn a_wrong_selection_is_refused() {
    let _ = App::new().route_selection("$request.header.x");
}

#[test]
#[should_panic(
    expected = "`say` has two handlers: one given at crates/lift-ws/tests/it/description.rs:"
)]
fn two_handlers_for_one_key_panic() {
    let _ =
        App::new().route("say", async || ()).with_route(Route::new("say", async || ()).two_way());
}

#[test]
#[should_panic(expected = "`$connect` is reserved")]
fn reserved_keys_as_routes_panic() {
    let _ = App::new().route("$connect", async || ());
}

#[test]
#[should_panic(expected = "`$connect` has two handlers")]
fn two_connect_handlers_panic() {
    let _ = App::new().connect(async || Accept::anonymous()).connect(async || Accept::anonymous());
}

#[test]
fn a_merged_app_brings_its_tables() {
    let prices = || TableSpec::new("PRICES_TABLE", Key::string("item"));
    let shop = App::new().table(prices());
    let app = App::new().table(TableSpec::new("USERS_TABLE", Key::string("id"))).table(prices());
    let app = app.merge(shop).describe();
    let tables: Vec<_> = app.tables.iter().map(|table| table.name.as_deref()).collect();
    assert_eq!(tables, [None, Some("users"), Some("prices")]);
    let required = app.variables.iter().filter(|variable| variable.required);
    let required: Vec<_> = required.map(|variable| &*variable.name).collect();
    assert_eq!(required, ["LIFT_TABLE", "PRICES_TABLE", "USERS_TABLE"]);
}

/// What a panic says.
fn panic_of(build: impl FnOnce() -> App) -> String {
    let panic = std::panic::catch_unwind(AssertUnwindSafe(build)).expect_err("it must panic");
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or(panic.downcast_ref::<&str>().copied()).expect("a text").to_owned()
}

#[test]
fn one_table_declared_in_two_ways_panics_with_both_lines() {
    let prices = |key| TableSpec::new("PRICES_TABLE", key);
    for other in [
        prices(Key::string("sku")),
        prices(Key::number("item")),
        prices(Key::string("item")).time_to_live("ends"),
        TableSpec::new("PRICES", Key::string("item")),
    ] {
        let shop = App::new().table(other);
        let text = panic_of(move || App::new().table(prices(Key::string("item"))).merge(shop));
        let lines = text.matches("crates/lift-ws/tests/it/description.rs:").count();
        assert!(text.starts_with("the table `prices` is declared in two ways"), "{text}");
        assert_eq!(lines, 2, "{text}");
    }
}

#[test]
fn tables_that_dynamodb_would_refuse_panic_where_they_are_declared() {
    let table = || TableSpec::new("PRICES_TABLE", Key::string("item"));
    let index = |key| IndexSpec::new("by_bidder", key);
    type Build = Box<dyn FnOnce() -> TableSpec>;
    let cases: [(Build, &str); 9] = [
        (Box::new(|| TableSpec::new("prices-table", Key::string("item"))), "environment variable"),
        (Box::new(|| TableSpec::new("LIFT_TABLE", Key::string("item"))), "Lift's own table"),
        (Box::new(|| TableSpec::new("CONNECTIONS_TABLE", Key::string("item"))), "rename"),
        (Box::new(|| TableSpec::new("A_TABLE", Key::string(""))), "has no name"),
        (Box::new(move || table().sort_key(Key::string("item"))), "both the partition key and"),
        (Box::new(move || table().index(index(Key::number("item")))), "`item` has two types"),
        (
            Box::new(move || table().index(index(Key::string("a")).sort_key(Key::string("a")))),
            "both",
        ),
        (
            Box::new(move || table().index(index(Key::string("a"))).index(index(Key::string("b")))),
            "two indexes `by_bidder`",
        ),
        (
            Box::new(move || table().index(IndexSpec::new("by bidder", Key::string("a")))),
            "3 to 255",
        ),
    ];
    for (build, part) in cases {
        let text = panic_of(move || App::new().table(build()));
        assert!(text.contains(part), "{text}");
    }
}

#[test]
#[should_panic(expected = "the schedule \"close\": `rate(1 minutes)`: write `rate(1 minute)`")]
fn a_wrong_schedule_panics() {
    let _ = App::new().schedule("close", "rate(1 minutes)");
}

#[test]
#[should_panic(expected = "the app has two schedules with the name \"close\"")]
fn two_schedules_of_one_name_panic() {
    let other = App::new().schedule("close", "rate(1 day)");
    let _ = App::new().schedule("close", "rate(1 day)").merge(other);
}

#[test]
#[should_panic(expected = "\"at noon\" is not the name of a schedule")]
fn a_wrong_name_of_a_schedule_panics() {
    let _ = App::new().schedule("at noon", "cron(0 12 * * ? *)");
}
