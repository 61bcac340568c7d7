//! The log of a running function, as bytes on stderr: text of clients cannot control a terminal or fake a
//! line.

use std::{
    env,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::{Command, Stdio},
};

use lift_ws::{App, Error, Text};
use serde::Deserialize;
use serde_json::{Value, json};

/// A second line, and sequences that clear the screen, write the clipboard, set the title, and reverse text.
const UNSAFE: &str =
    "x`\r\nERROR fake\n\x1b[2J\x07\u{9b}2J\u{9d}52;c;eA==\u{9c}\u{2028}\u{202e}\u{200b}\u{feff}";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
enum Order {
    #[allow(dead_code)]
    Stop { at: u32 },
}

/// Fails with each kind of error that contains the client's text.
async fn fail(Text(text): Text) -> Result<String, Error> {
    let (how, text) = text.split_once(' ').unwrap_or_default();
    match how {
        "variant" => return answer(json!({ text: {} })),
        "field" => return answer(json!({ "Stop": { text: 1 } })),
        "panic" => panic!("no {text}"),
        "own" => tracing::error!(by = %text, "{text}"),
        _ => return Err(Error::new("wrong", "Wrong").with_cause(text.to_owned())),
    }
    Ok(String::new())
}

fn answer(order: Value) -> Result<String, Error> {
    Ok(format!("{:?}", serde_json::from_value::<Order>(order)?))
}

/// Not a test: the function that the test below starts.
#[tokio::test]
#[ignore = "runs as the function of another test"]
async fn function() {
    let app = App::new().unmanaged().two_way().default_route(fail);
    lift_aws::run(app).await.expect("served");
}

/// A fake Runtime API that gives the function these events, one after the other. Returns after the last reply.
fn serve(listener: &TcpListener, events: &[Value]) {
    let (stream, _) = listener.accept().expect("the function");
    let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
    let mut left = events.iter();
    let mut replies = 0;
    while replies < events.len() {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(reader.read_line(&mut head).expect("readable") > 0, "the function ended");
        }
        if head.starts_with("GET ") {
            let event = left.next().expect("an event for each request").to_string();
            respond(&stream, "200 OK", &event);
            continue;
        }
        let length = head.lines().filter_map(|line| line.split_once(": "));
        let length = length.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        let length: u64 = length.map(|(_, length)| length.parse::<u64>().expect("a number")).sum();
        let mut reply = Vec::new();
        reader.by_ref().take(length).read_to_end(&mut reply).expect("a reply");
        replies += 1;
        respond(&stream, "202 Accepted", "");
    }
}

fn respond(mut stream: &TcpStream, status: &str, body: &str) {
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nLambda-Runtime-Aws-Request-Id: 1\r\n\
         Lambda-Runtime-Deadline-Ms: 9999999999999\r\nLambda-Runtime-Invoked-Function-Arn: a\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .expect("written");
}

/// Returns the function's stderr after all kinds of failures.
fn logged(format: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    let mut command = Command::new(env::current_exe().expect("this program"));
    command.args(["--exact", "log::function", "--ignored", "--nocapture"]);
    command
        .env_remove("RUST_LOG")
        .env_remove("RUST_BACKTRACE")
        .env("AWS_LAMBDA_LOG_FORMAT", format);
    for (name, value) in [
        ("AWS_LAMBDA_RUNTIME_API", &*address),
        ("AWS_LAMBDA_FUNCTION_NAME", "f"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "s"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "g"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "a"),
        ("AWS_SECRET_ACCESS_KEY", "s"),
    ] {
        command.env(name, value);
    }
    let mut child =
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("this program");
    let message = include_str!("../../../lift-event/fixtures/message-default-plain-text.json");
    let message: Value = serde_json::from_str(message).expect("JSON");
    let events: Vec<Value> = ["variant", "field", "panic", "own", "cause"]
        .iter()
        .map(|how| {
            let mut event = message.clone();
            event["body"] = format!("{how} {UNSAFE}").into();
            event
        })
        .collect();
    serve(&listener, &events);
    child.kill().expect("our child");
    let mut stderr = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut stderr).expect("UTF-8");
    child.wait().expect("our child");
    stderr
}

/// The causes that must be in the log, up to where the client's text begins.
const CAUSES: [&str; 5] =
    ["unknown variant `x`", "unknown field `x`", "panicked: no x`", "by=x`", "error=\"x`"];

#[test]
fn text_of_clients_stays_in_the_line_of_its_event() {
    let log = logged("Text");
    assert!(log.is_ascii() && !log.contains(|c: char| c.is_control() && c != '\n'), "{log:?}");
    for cause in CAUSES {
        assert!(log.contains(cause), "{cause} is not in {log}");
    }
    // A panic has its own line, with its source location, in addition to the line of the call.
    assert!(log.contains("ERROR panicked at crates/lift-aws/tests/it/log.rs:"), "{log}");
    for line in log.lines() {
        assert!(
            line.trim_start().starts_with("ERROR ") && !line.starts_with("ERROR fake"),
            "{log}"
        );
    }
    assert_eq!(log.lines().count(), CAUSES.len() + 1, "{log}");
}

#[test]
fn the_json_log_has_the_values_as_they_are() {
    let log = logged("JSON");
    assert!(log.is_ascii(), "{log:?}");
    let events: Vec<Value> =
        log.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
    assert_eq!(events.len(), CAUSES.len() + 1, "{log}");
    let panicked = events.iter().find(|event| event["fields"]["message"] == "panicked");
    let panicked = &panicked.expect("the panic")["fields"];
    assert_eq!(panicked["error"], format!("no {UNSAFE}"));
    assert!(panicked["location"].as_str().is_some_and(|place| place.contains("log.rs:")), "{log}");
}
