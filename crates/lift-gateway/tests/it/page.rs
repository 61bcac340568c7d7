//! The responses to a browser: the app's page, `lift.json`, and hints for other URLs.

use lift_gateway::Settings;

use crate::api::*;

#[tokio::test]
async fn the_page_is_read_again_for_each_request() {
    let folder = tempfile::tempdir().unwrap();
    let index = folder.path().join("index.html");
    let settings = Settings { index: Some(index.clone()), ..Settings::default() };
    let api = TestGateway::settings(settings, |_| async { ok() }).await;
    assert_eq!(api.http("GET", "/", "").await.status(), 404);
    for page in ["<p>one", "<p>two"] {
        std::fs::write(&index, page).unwrap();
        let response = api.http("GET", "/", "").await;
        assert_eq!(header(&response, "content-type"), "text/html; charset=utf-8");
        assert_eq!(response.body(), page);
    }
}

#[tokio::test]
async fn other_urls_get_a_status_and_a_hint() {
    let api = TestGateway::start(|_| async { ok() }).await;
    let about = api.http("GET", "/lift.json", "").await;
    assert_eq!(about.body(), r#"{"websocket":"ws://localhost/prod"}"#);
    for (method, path, status) in [
        ("GET", "/", 404),
        ("GET", "/favicon.ico", 404),
        ("GET", "/prod", 426),
        ("GET", "/prod/", 426),
        ("POST", "/", 404),
        ("GET", "/%ff%00", 404),
    ] {
        let response = api.http(method, path, "").await;
        assert_eq!(response.status(), status, "{method} {path}");
        assert!(!response.body().is_empty());
    }
}
