//! What an app says of itself, and what it refuses to be built with.

use lift_ws::{Accept, App, Route};
use serde_json::json;

#[test]
fn names_routes_and_tables() {
    let app = App::new()
        .connect(async || Accept::anonymous())
        .route("say", async || ())
        .with_route(Route::new("ask", async || ()).two_way())
        .default_route(async || ());
    let description = serde_json::to_value(app.describe()).unwrap();
    assert_eq!(
        description,
        json!({
            "version": 1,
            "routes": [
                {"key": "$connect", "two_way": false},
                {"key": "$default", "two_way": false},
                {"key": "$disconnect", "two_way": false},
                {"key": "ask", "two_way": true},
                {"key": "say", "two_way": false},
            ],
            "tables": [{"kind": "connections", "env": "LIFT_TABLE"}],
        })
    );
    let bare = serde_json::to_value(App::new().unmanaged().describe()).unwrap();
    assert_eq!(bare, json!({"version": 1, "routes": [], "tables": []}));
}

#[test]
#[should_panic(
    expected = "`say` has two handlers: one given at crates/lift-ws/tests/it/description.rs:"
)]
fn a_key_has_one_handler() {
    let _ =
        App::new().route("say", async || ()).with_route(Route::new("say", async || ()).two_way());
}

#[test]
#[should_panic(expected = "`$connect` is reserved")]
fn reserved_keys_are_not_routes() {
    let _ = App::new().route("$connect", async || ());
}

#[test]
#[should_panic(expected = "`$connect` has two handlers")]
fn connect_is_decided_once() {
    let _ = App::new().connect(async || Accept::anonymous()).connect(async || Accept::anonymous());
}
