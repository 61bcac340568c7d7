//! Replies that do not reach their client: a client that is gone is normal, every other cause is logged.

use lift_ws::{App, push::PushError, test::Kit};

use crate::lines::Lines;

/// Returns the log after the post of a reply failed.
async fn logged(fault: fn() -> PushError) -> String {
    let (log, kit) = (Lines::default(), Kit::new(App::new().default_route(async || "hi")));
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(tracing::Level::WARN)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let ana = kit.connect("").await.unwrap();
    kit.push().set_fault(move |_| Some(fault()));
    ana.send("hello").await;
    log.text()
}

#[tokio::test]
async fn undelivered_replies_are_logged_unless_the_client_is_gone() {
    let failed = logged(|| PushError::failed("connection reset")).await;
    assert!(failed.contains("a reply was not delivered"), "{failed}");
    assert!(failed.contains("the post failed") && failed.contains("connection reset"), "{failed}");
    assert!(failed.contains("endpoint=\"memory://"), "{failed}");
    let elsewhere = || PushError::failed("connection reset").with_posted_to("http://db:1".into());
    assert!(logged(elsewhere).await.contains("endpoint=\"http://db:1\""));
    assert_eq!(logged(PushError::gone).await, "");
}
