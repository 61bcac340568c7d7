//! An error that the app answers is an error in the lines of `lift dev`, in a recording and in a replay, although
//! API Gateway gets a success.

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio_tungstenite::{connect_async, tungstenite::Message};

use crate::{
    command::Lift,
    scenario::{chat, value},
};

const WITHOUT_TEXT: &str = r#"{"action":"say"}"#;
const UNKNOWN: &str = r#"{"action":"rename"}"#;

/// Sends two messages that the chat answers with an error, and one that it answers.
#[tokio::main(flavor = "current_thread")]
async fn send(url: &str) {
    let url = format!("{url}?name=ana&room=tea");
    let (mut client, _) = connect_async(url).await.expect("accepted");
    for message in [WITHOUT_TEXT, UNKNOWN, r#"{"action":"ping"}"#] {
        client.send(Message::text(message)).await.expect("sent");
        client.next().await.expect("open").expect("a frame");
    }
    client.close(None).await.expect("closed");
    while client.next().await.is_some() {}
}

#[test]
fn the_code_of_an_error_frame_is_in_the_terminal_the_recording_and_the_replay() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("session.jsonl");
    let file = file.to_str().expect("UTF-8");
    let lift = Lift::dev_in_workspace(&chat(), &["--record", file]);
    let block = lift.ready();
    send(value(&block, "WebSocket"));
    let lines = lift.lines_until("$disconnect").join("\n");
    for (line, next) in [
        ("  say               200 ✗  ", "invalid_payload\n  ✗ missing field `text`\n"),
        ("  $default          200 ✗  ", "unknown_action\n  ✗ The action must be one of "),
        ("  ping              200    ", ""),
    ] {
        let (_, rest) = lines.split_once(line).expect(line);
        assert!(next.is_empty() || rest[9..].trim_start().starts_with(next), "{lines}");
    }
    lift.signal("INT");
    let ended = lift.ended();
    let total = "5 events, 2 of them failed, in ";
    assert!(ended.stderr.contains(total), "{}", ended.stderr);
    assert!(ended.stderr.contains("\n  1 invalid_payload, 1 unknown_action\n"), "{}", ended.stderr);

    let recorded = std::fs::read_to_string(file).expect("recorded");
    let replies: Vec<Value> = recorded
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
        .filter(|line| line["kind"] == "reply")
        .collect();
    let error = json!({
        "code": "invalid_payload",
        "message": "missing field `text`",
        "internal": false,
    });
    let say = replies.iter().find(|reply| reply["error"] == error).expect("the reply to `say`");
    assert_eq!(say["reply"], json!({ "statusCode": 200 }), "as API Gateway gets it");
    assert_eq!(replies.iter().filter(|reply| reply.get("error").is_some()).count(), 2);

    let chat = chat();
    let args = ["replay", file, chat.to_str().expect("UTF-8"), "--verbose"];
    let replayed = match std::env::var_os("CARGO_TARGET_DIR") {
        Some(target) => Lift::with_variables(&args, &[("CARGO_TARGET_DIR", &target)]),
        None => Lift::with_args(&args),
    }
    .ended();
    let line = "invalid_payload: missing field `text`: as recorded";
    assert!(replayed.stdout.contains(line), "{replayed:?}");
    assert_eq!(replayed.status.code(), Some(0), "{replayed:?}");
}

#[test]
fn json_lines_have_the_code_and_the_counts_by_code() {
    let lift = Lift::dev_in_workspace(&chat(), &["--log", "json"]);
    let ready = lift.stdout_until(r#""type":"ready""#);
    let ready: Value = serde_json::from_str(&ready[ready.len() - 1]).expect("JSON");
    send(ready["webSocket"].as_str().expect("a URL"));
    let events = lift.stdout_until(r#""routeKey":"$disconnect""#);
    let events = events.iter().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let errors: Vec<Value> = events
        .filter(|event| event["error"].is_object())
        .map(|event| event["error"].clone())
        .collect();
    assert_eq!(
        errors[0],
        json!({
            "kind": "app",
            "code": "invalid_payload",
            "message": "missing field `text`",
            "internal": false,
        })
    );
    assert_eq!((errors.len(), &errors[1]["code"]), (2, &json!("unknown_action")));
    lift.signal("INT");
    let ended = lift.ended();
    let total: Value = ended
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
        .find(|line| line["type"] == "total")
        .expect("a total");
    assert_eq!(total["failedByCode"], json!({ "invalid_payload": 1, "unknown_action": 1 }));
}
