//! The edges of what a client may send.

use lift_ws::test::Kit;
use serde_json::json;

#[tokio::test]
async fn a_text_has_at_most_2000_characters() {
    let kit = Kit::new(chat::app());
    let ana = kit.connect("name=ana&room=general").await.expect("is let in");
    let say = async |text: String| {
        ana.send_json(&json!({"action": "say", "text": text})).await;
        ana.received_json().remove(0)
    };
    assert_eq!(say("🦀".repeat(2000)).await["type"], "message");
    let refused = say("a".repeat(2001)).await;
    assert_eq!(refused["code"], "invalid_payload");
    let message = refused["message"].as_str().expect("a message");
    assert!(message.starts_with("`text`: has 2001 characters; 2000 is the limit"), "{message}");
}

#[tokio::test]
async fn names_of_64_bytes_are_let_in() {
    let kit = Kit::new(chat::app());
    let long = "n".repeat(64);
    assert!(kit.connect(&format!("name={long}&room={long}")).await.is_ok());
}
