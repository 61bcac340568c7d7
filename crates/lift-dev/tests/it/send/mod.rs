//! `lift send` against a running `lift dev`, and against a table and a fake `@connections`
//! whose responses the test chooses.

mod fake_gateway;

use std::{
    ffi::OsStr,
    io::Write as _,
    process::{Command, Stdio},
    time::Duration,
};

use futures_util::StreamExt as _;
use serde_json::Value;
use tokio::time::timeout;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, protocol::frame::coding::CloseCode},
};

use self::fake_gateway::{FakeGateway, MANY};
use crate::{
    command::{Ended, Lift, wait_until},
    scenario::{chat, value},
};

const TIMEOUT: Duration = Duration::from_secs(20);

type Client = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

async fn next(client: &mut Client) -> Message {
    timeout(TIMEOUT, client.next())
        .await
        .expect("within the timeout")
        .expect("is open")
        .expect("a frame")
}

fn send(args: &[&str]) -> Ended {
    Lift::alone(&[&["send"], args].concat(), &[]).ended()
}

/// The exit code, stdout, and stderr.
fn result(ended: &Ended) -> (i32, &str, &str) {
    (ended.status.code().expect("not killed"), &ended.stdout, &ended.stderr)
}

/// A running chat, and the flag with the port of its gateway. Its database has any other port.
fn local_chat() -> (Lift, String, String) {
    let lift = Lift::dev_in_workspace::<&str>(&chat(), &[]);
    let block = lift.ready();
    let (_, port) = value(&block, "WebSocket").rsplit_once(':').expect("a port");
    let flag = format!("--local={}", port.trim_end_matches("/local"));
    (lift, block, flag)
}

#[tokio::test]
async fn local_sends_to_a_running_lift_dev() {
    let (_lift, block, local) = local_chat();
    let url = format!("{}?name=ana&room=general", value(&block, "WebSocket"));
    let (mut ana, _) = connect_async(url).await.expect("accepted");
    let general = [&*local, "--tenant", "general"];

    let sent = send(&[&general[..], &[r#"{"type":"note"}"#]].concat());
    assert_eq!(result(&sent), (0, "sent 1, gone 0, throttled 0, failed 0, skipped 0\n", ""));
    assert_eq!(next(&mut ana).await, Message::text(r#"{"type":"note"}"#));

    // The same with the URLs of the ready block.
    let database = value(&block, "DynamoDB");
    let table = ["--table", "chat-connections", "--endpoint-url", database];
    let management = ["--endpoint", value(&block, "Management"), "--tenant", "general"];
    let sent = send(&[&table[..], &management[..], &["--user", "ana", "to her"]].concat());
    assert_eq!(result(&sent).0, 0, "{sent:?}");
    assert_eq!(next(&mut ana).await, Message::text("to her"));

    let listed = send(&[&general[..], &["--list"]].concat());
    let fields: Vec<&str> = listed.stdout.trim_end().split('\t').collect();
    let [id, "ana", endpoint] = fields[..] else { panic!("{listed:?}") };
    assert_eq!(endpoint, value(&block, "Management"));
    let listed = send(&[&general[..], &["--list", "--json"]].concat());
    let listed: Value = serde_json::from_str(&listed.stdout).expect("JSON");
    assert_eq!((&listed["id"], &listed["user"]), (&id.into(), &"ana".into()));
    assert_eq!(result(&send(&[&general[..], &["--count"]].concat())), (0, "1\n", ""));
    for flag in ["--except", "--all-but"] {
        let others = send(&[&general[..], &[flag, id, "--count", "--json"]].concat());
        assert_eq!(result(&others), (0, "{\"connections\":0}\n", ""), "{flag}");
    }

    // By its id, no table is needed.
    let sent = send(&["--endpoint", endpoint, "--connection", id, "by id"]);
    assert_eq!(result(&sent).0, 0, "{sent:?}");
    assert_eq!(next(&mut ana).await, Message::text("by id"));

    let wrong = send(&[&general[..], &["--stage", "wrong", "hi"]].concat());
    assert_eq!(result(&wrong).1, "sent 0, gone 0, throttled 0, failed 1, skipped 0\n");
    assert_eq!(result(&wrong).0, 1);
    assert!(wrong.stderr.contains("check the stage, and allow `execute-api:Man"), "{wrong:?}");

    let closed = send(&[&general[..], &["--close"]].concat());
    assert_eq!(result(&closed), (0, "closed 1, gone 0, throttled 0, failed 0, skipped 0\n", ""));
    match next(&mut ana).await {
        Message::Close(Some(frame)) => assert_eq!(frame.code, CloseCode::Normal),
        other => panic!("not closed: {other:?}"),
    }
    let empty = send(&[&*local, "--tenant", "empty", "hi"]);
    let note = "note: no connection matches: the tenant empty\n";
    assert_eq!(result(&empty), (0, "sent 0, gone 0, throttled 0, failed 0, skipped 0\n", note));
}

#[test]
fn a_message_can_come_from_a_pipe() {
    let fake_gateway = FakeGateway::start(&["a"]);
    let pipe = |message: &[u8]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lift"));
        command.env_clear().arg("send").args(fake_gateway.flags()).args(["--tenant", "lotus", "-"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("lift is built");
        // A message that is too long is not read to its end.
        let _ = child.stdin.take().expect("piped").write_all(message);
        let output = child.wait_with_output().expect("ends");
        (output.status.code(), String::from_utf8(output.stderr).expect("text"))
    };
    assert_eq!(pipe("two\nlines, ä\n".as_bytes()), (Some(0), String::new()));
    assert_eq!(fake_gateway.posts(), [("a".to_owned(), "two\nlines, ä".to_owned())]);
    for (message, error) in [
        (vec![b'x'; 131_073], "error: the message has 131073 bytes, and 131072 (128 KB)"),
        (vec![b'x'; 200_000], "error: the message on stdin has more than 131072 bytes"),
        (vec![0xff], "error: the message on stdin is not UTF-8"),
        (vec![b'\n'], "error: the message is empty"),
    ] {
        let (code, stderr) = pipe(&message);
        assert_eq!((code, stderr.starts_with(error)), (Some(1), true), "{stderr}");
    }
    assert_eq!(fake_gateway.posts().len(), 1, "no other message was sent");
}

#[test]
fn failures_are_listed_and_give_exit_code_1() {
    let fake_gateway = FakeGateway::start(&["a", "bad-1", "gone-1"]);
    let lotus = [&fake_gateway.flags()[..], &["--tenant", "lotus"]].concat();
    let sent = send(&[&lotus[..], &["--json", "hi"]].concat());
    assert_eq!(sent.status.code(), Some(1));
    let json: Value = serde_json::from_str(&sent.stdout).expect("JSON");
    let expected = serde_json::json!({
        "sent": 1, "gone": 1, "throttled": 0, "failed": 1, "skipped": 0, "failures": ["bad-1"]
    });
    assert_eq!(json, expected);
    assert!(sent.stderr.starts_with("error: 1 failed: the post cannot be made"), "{sent:?}");

    // Endpoints of rows get no signed requests unless `--allow` names them.
    let table = &fake_gateway.flags()[..4];
    let refused = send(&[table, &["--tenant", "lotus", "hi"]].concat());
    let fix = "is not an endpoint of API Gateway in us-east-1: pass its URL as --endpoint";
    assert!(refused.stderr.contains(fix), "{refused:?}");
    let allowed = ["--allow", fake_gateway.origin(), "--tenant", "lotus", "hi"];
    let sent = send(&[table, &allowed].concat());
    assert!(sent.stdout.starts_with("sent 1, gone 1,"), "{sent:?}");
}

#[test]
fn a_send_stops_when_the_first_posts_all_fail() {
    let ids: Vec<String> = (0..250).map(|number| format!("bad-{number}")).collect();
    let fake_gateway = FakeGateway::start(&ids.iter().map(|id| &**id).collect::<Vec<_>>());
    let sent = send(&[&fake_gateway.flags()[..], &["--tenant", "lotus", "--json", "hi"]].concat());
    assert_eq!(sent.status.code(), Some(1));
    assert!(sent.stderr.contains("(so the other connections were not tried)"), "{sent:?}");
    let json: Value = serde_json::from_str(&sent.stdout).expect("JSON");
    let count = |name: &str| json[name].as_u64().expect("a number");
    assert_eq!((count("sent"), count("failed") + count("skipped")), (0, 250));
    assert!(count("skipped") > 0, "{json}");
    // Another run begins with the failed connections, because their cause may be fixed by then.
    assert_eq!(json["rest"]["tasks"][0]["cursor"]["rest"][0]["part"]["from"], 0, "{json}");
}

#[test]
fn a_missing_table_and_an_unreachable_server_are_errors() {
    let fake_gateway = FakeGateway::start(&["a"]);
    let database = fake_gateway.flags()[3];
    let other = ["--table", "other", "--endpoint-url", database, "--tenant", "lotus", "hi"];
    send(&other).failed_with(&["there is no table other at http", "`lift table create"]);
    // Nothing listens on port 1.
    let unreachable = "http://127.0.0.1:1";
    let table = ["--table", "connections", "--tenant", "lotus", "--endpoint-url"];
    send(&[&table[..], &[unreachable, "hi"]].concat())
        .failed_with(&["cannot connect to http://127.0.0.1:1: is it running?"]);
    let elsewhere = send(&[&table[..], &[database, "--endpoint", unreachable, "hi"]].concat());
    assert_eq!(result(&elsewhere).1, "sent 0, gone 0, throttled 0, failed 1, skipped 0\n");
    assert!(elsewhere.stderr.contains("does something listen there?"), "{elsewhere:?}");
    send(&["--local=1", "--tenant", "lotus", "hi"])
        .failed_with(&["no `lift dev` is found on port 1"]);
    let variable = "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI";
    let args = [&["send"], &fake_gateway.flags()[..], &["--tenant", "lotus", "hi"]].concat();
    Lift::alone(&args, &[(variable, OsStr::new("https://elsewhere.example"))])
        .ended()
        .failed_with(&[variable, "unset the variable"]);
    assert!(fake_gateway.posts().is_empty());
}

#[test]
fn wrong_arguments_are_exit_code_2() {
    for (args, error) in [
        (&["hi"][..], "<--connection <ID>|--user <USER>|--tenant <TENANT>|--group <GROUP>>"),
        (&["--table", "abc", "--tenant", "a"], "<MESSAGE|--close|--list|--count>"),
        (&["--tenant", "a", "hi"], "--table <NAME>"),
        (&["--connection", "-a", "hi"], "pass --table NAME; or, to send to --connection"),
        (&["--local", "--tenant", "a", "--close", "hi"], "cannot be used with"),
        (&["--local", "--user", "a", "--group", "b", "hi"], "cannot be used with"),
        (&["--connection", "a", "--endpoint", "wss://a.b/c", "hi"], "starts with https://"),
    ] {
        let ended = send(args);
        assert_eq!(result(&ended).0, 2, "{ended:?}");
        assert!(ended.stderr.contains(error), "no {error:?} in {ended:?}");
    }
}

#[test]
fn an_interrupted_send_is_resumed() {
    let fake_gateway = FakeGateway::start(&MANY.iter().map(|id| &**id).collect::<Vec<_>>());
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let file = folder.path().join("rest.json");
    let file = file.to_str().expect("text");
    let to = ["--tenant", "lotus", "--concurrency", "16", "--resume", file, "hi"];
    let args = [&["send"], &fake_gateway.flags()[..], &to].concat();

    let first = Lift::alone(&args, &[]);
    wait_until("the first post", || !fake_gateway.posts().is_empty());
    first.signal("INT");
    let first = first.ended();
    assert_eq!(first.status.code(), Some(1));
    assert!(first.stderr.contains("error: stopped by Ctrl-C"), "{first:?}");
    assert!(first.stderr.contains("has the rest: the same command continues"), "{first:?}");
    let sent = fake_gateway.posts().len();
    assert!(sent < MANY.len(), "it was stopped");
    let counts = format!("sent {sent}, gone 0, throttled 0, failed 0, skipped ");
    assert_eq!(first.stdout, format!("{counts}{}\n", MANY.len() - sent));

    let other =
        [&fake_gateway.flags()[..], &["--tenant", "tulip", "--resume", file, "hi"]].concat();
    send(&other).failed_with(&["belongs to another send, to the tenant lotus"]);

    let second = Lift::alone(&args, &[]).ended();
    assert_eq!(second.status.code(), Some(0), "{second:?}");
    let mut ids: Vec<String> = fake_gateway.posts().into_iter().map(|(id, _)| id).collect();
    ids.sort();
    assert_eq!(ids, *MANY, "each connection once");
    assert!(!std::path::Path::new(file).exists());
}
