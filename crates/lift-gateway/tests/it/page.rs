//! What a browser sees.

use lift_gateway::Settings;

use crate::api::*;

#[tokio::test]
async fn the_page_is_read_anew() {
    let folder = tempfile::tempdir().unwrap();
    let index = folder.path().join("index.html");
    let settings = Settings { index: Some(index.clone()), ..Settings::default() };
    let api = TestGateway::settings(settings, |_| async { ok() }).await;
    assert_eq!(api.http("GET", "/", "").await.status(), 404);
    for page in ["<p>one", "<p>two"] {
        std::fs::write(&index, page).unwrap();
        let answer = api.http("GET", "/", "").await;
        assert_eq!(header(&answer, "content-type"), "text/html; charset=utf-8");
        assert_eq!(answer.body(), page);
    }
}

#[tokio::test]
async fn other_urls_help() {
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
        let answer = api.http(method, path, "").await;
        assert_eq!(answer.status(), status, "{method} {path}");
        assert!(!answer.body().is_empty());
    }
}
