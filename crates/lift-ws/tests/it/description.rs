//! The description of an app, and the panics of an app that is built wrongly.

use lift_ws::{Accept, App, Route, describe::Description, layer};
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
        .require_env("SHOP_URL");
    let json = serde_json::to_string_pretty(&app.describe()).unwrap();
    assert_eq!(json.trim(), include_str!("description.json").trim(), "\n{json}");
    let read: Description = serde_json::from_str(&json).unwrap();
    assert_eq!(read, app.describe());
}

#[test]
fn the_description_of_an_app_without_settings_is_short() {
    let without_settings = serde_json::to_value(App::new().unmanaged().describe()).unwrap();
    let settings = json!({"managed": false, "selection": "$request.body.action", "two_way": false, "subprotocols": []});
    let expected =
        json!({"version": 1, "routes": [], "tables": [], "settings": settings, "variables": []});
    assert_eq!(without_settings, expected);
}

#[test]
fn the_description_of_an_older_app_has_defaults_for_new_keys() {
    let older = json!({"version": 1, "routes": [{"key": "say", "two_way": true}], "tables": []});
    let read: Description = serde_json::from_value(older).unwrap();
    assert_eq!(read.settings, App::new().describe().settings);
}

#[test]
fn the_description_has_the_needs_of_merged_apps() {
    let shop =
        App::new().keepalive("ping").require_env("SHOP_URL").route_selection("$request.body.shop");
    let app = App::new().merge(shop).require_env("A").describe();
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
