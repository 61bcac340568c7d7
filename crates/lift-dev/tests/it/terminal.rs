//! The lines that `lift dev` prints for events, as text and as JSON, and which log line belongs to which event.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs::{self, File},
    io::{BufRead as _, BufReader, Read as _},
    os::unix::fs::PermissionsExt as _,
    process::{Child, Command, Stdio},
    time::Duration,
};

use futures_util::{SinkExt as _, StreamExt as _, future::join_all};
use nix::pty::openpty;
use serde_json::Value;
use tempfile::TempDir;
use tokio::time::timeout;
use tokio_tungstenite::{connect_async, tungstenite::Message};

use crate::{
    app::{App, test_function},
    command::{Lift, signal, wait_until},
};

const TIMEOUT: Duration = Duration::from_secs(30);

/// The function that does what a message says, and the folder by which its concurrent events wait for each other.
fn by_message(args: &[&str]) -> (Lift, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let variables = [
        ("TEST_FUNCTION", OsStr::new("by-message")),
        ("TEST_FUNCTION_PIDS", folder.path().as_os_str()),
    ];
    (Lift::dev_with(&test_function(), args, &variables), folder)
}

/// Connects, sends each message, waits for a reply after each, and closes.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn send_messages(url: &str, messages: &[&str]) {
    send_all(url, messages).await;
}

async fn send_all(url: &str, messages: &[&str]) {
    let (mut client, _) = connect_async(url).await.expect("connected");
    for message in messages {
        client.send(Message::text(*message)).await.expect("sent");
        let reply = timeout(TIMEOUT, client.next()).await.expect("a reply within the timeout");
        let reply = reply.expect("open").expect("a reply");
        assert!(reply.is_text(), "{reply:?}");
    }
    client.close(None).await.expect("closed");
    while client.next().await.is_some() {}
}

fn url_of(block: &str) -> &str {
    let line = block.lines().find(|line| line.contains("WebSocket")).expect("a line");
    line.split_whitespace().nth(1).expect("a URL")
}

/// Checks the time and the connection of a line, and returns its other columns.
#[track_caller]
fn columns(line: &str) -> String {
    assert!(line.chars().count() <= 80, "{line}");
    let (time, rest) = line.split_at(12);
    let digits = time.replace(|c: char| c.is_ascii_digit(), "0");
    assert_eq!(digits, "00:00:00.000", "{line}");
    let (id, rest) = rest.split_at(12);
    assert!(id.starts_with("  ") && id.ends_with("  ") && id.trim().len() == 8, "{line}");
    // The duration differs from run to run.
    let mut columns: Vec<&str> = rest.split_whitespace().collect();
    if let Some(unit) = columns.iter().position(|word| matches!(*word, "ms" | "s")) {
        columns.drain(unit - 1..=unit);
    }
    columns.join(" ")
}

#[test]
fn each_event_is_a_line_and_each_error_names_the_fix() {
    let (lift, _folder) = by_message(&[]);
    let block = lift.ready();
    let say = |what: &str| format!(r#"{{"action":"say","do":"{what}"}}"#);
    let [fail, malformed, exit] = ["fail", "malformed", "exit"].map(say);
    let long = r#"{"action":"a\u001b[31m very long route key"}"#;
    let messages = [&*say("it"), &fail, &malformed, long, "hello", &exit];
    send_messages(url_of(&block), &messages);
    let lines = lift.lines_until("Client-side");
    let lines: Vec<&str> = lines.iter().map(|line| &**line).collect();
    assert!(!lines.concat().contains('\x1b'), "{lines:#?}");

    // Without the lines of cargo, those about the process that ended, and those about slow events.
    let mut shown = lines
        .iter()
        .skip_while(|line| !line.starts_with('['))
        .filter(|line| !line.contains("process 1") && !line.contains("  …  "));
    let mut next = || *shown.next().expect("a line");
    assert_eq!(next(), "[1] the function is up");
    assert_eq!(columns(next()), "$connect 101");
    assert_eq!(columns(next()), "say 200 26 B → 6 B");
    assert_eq!(columns(next()), "say error 28 B → 103 B");
    assert_eq!(next(), r"  ✗ the function failed with TestError: it\e[2J failed");
    assert_eq!(
        next(),
        "    the client gets no more than `Internal server error`: fix the function"
    );
    assert_eq!(columns(next()), "say error 33 B → 103 B");
    assert!(next().starts_with("  ✗ malformed reply: "), "{lines:#?}");
    assert_eq!(next(), r#"    a reply is a JSON object such as {"statusCode":200,"body":"hi"}"#);
    assert_eq!(columns(next()), r"a\e[31m very lo… error → 91 B");
    assert_eq!(next(), r"  ✗ no route for `a\e[31m very long route key`");
    assert_eq!(next(), "    the app has $connect, $disconnect, say; add a route, or `$default`");
    assert_eq!(columns(next()), "- error → 91 B");
    assert_eq!(next(), "  ✗ no route: the message has no route key");
    next();
    assert_eq!(columns(next()), "say error 28 B → 103 B");
    assert_eq!(next(), "  ✗ the function's process ended before it answered");
    next();
    assert_eq!(next(), "  │ the function exits");
    // The line of the next process belongs to no event.
    let rest: Vec<&str> = shown.copied().collect();
    let [.., disconnect] = rest[..] else { panic!("{lines:#?}") };
    assert_eq!(columns(disconnect), "$disconnect 1005 Client-side close f…");
    lift.signal("INT");
    let ended = lift.ended();
    assert!(ended.stderr.contains("8 events, 5 of them failed, in "), "{}", ended.stderr);
    let codes = "\n  2 noRoute, 1 TestError, 1 exited, 1 reply\n";
    assert!(ended.stderr.contains(codes), "{}", ended.stderr);
}

#[test]
fn a_log_line_of_the_function_is_under_its_event() {
    let (lift, _folder) = by_message(&[]);
    let block = lift.ready();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let said = ["A", "B"].map(|name| format!(r#"{{"action":"say","do":"meet-{name}"}}"#));
    let messages = said.each_ref().map(|said| [&**said]);
    runtime.block_on(join_all(messages.iter().map(|messages| send_all(url_of(&block), messages))));
    let mut lines = lift.lines_until("$disconnect");
    while lines.iter().filter(|line| line.contains("$disconnect")).count() < 2 {
        lines.extend(lift.lines_until("$disconnect"));
    }
    // Both events ran at the same time. A log line belongs to the event above it, or to the event whose id it has.
    let (mut above, mut event_ref) = ("", BTreeMap::new());
    for line in &lines {
        if let Some(log) = line.strip_prefix("  │ ") {
            let (name, text) = log.split_at(log.find("meet-").expect("a line of the function"));
            let name = if name.is_empty() { above } else { name.trim() };
            event_ref.entry(name.to_owned()).or_insert_with(Vec::new).push(text.to_owned());
        } else if line.contains("  say  ") {
            above = &line[14..22];
        }
    }
    let mut event_ref: Vec<Vec<String>> = event_ref.into_values().collect();
    event_ref.sort();
    let expected = ["A", "B"]
        .map(|name| vec![format!("meet-{name} begins"), format!(r"meet-{name} \e[31mends")]);
    assert_eq!(event_ref, expected, "{lines:#?}");
}

#[test]
fn the_counts_of_json_lines_equal_those_of_the_clients() {
    let (lift, _folder) = by_message(&["--log", "json", "--concurrency", "4"]);
    let ready = lift.stdout_until(r#""type":"ready""#);
    let ready: Value = serde_json::from_str(&ready[ready.len() - 1]).expect("JSON");
    let url = ready["webSocket"].as_str().expect("a URL");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let said = r#"{"action":"say","do":"it"}"#;
    let failed = r#"{"action":"say","do":"fail"}"#;
    let messages = [said, failed, said, "hello", said];
    runtime.block_on(join_all((0..20).map(|_| send_all(url, &messages))));

    let mut counts = BTreeMap::new();
    let mut connections = BTreeMap::new();
    while counts.get("$disconnect").copied() < Some(20) {
        for line in lift.stdout_until(r#""type":"event""#) {
            let line: Value = serde_json::from_str(&line).expect("JSON");
            let time = line["time"].as_str().expect("a time");
            assert!(time.len() == 24 && time.ends_with('Z'), "{line}");
            if line["type"] != "event" {
                continue;
            }
            let key = match (&line["routeKey"], &line["error"]["kind"]) {
                (Value::String(key), Value::Null) => key.clone(),
                (Value::String(key), Value::String(kind)) => format!("{key} {kind}"),
                (Value::Null, Value::String(kind)) => kind.clone(),
                _ => panic!("{line}"),
            };
            match &*key {
                "$connect" => assert_eq!(line["status"], 101, "{line}"),
                "$disconnect" => assert_eq!(line["closeCode"], 1005, "{line}"),
                "say" => {
                    let sizes = (&line["messageBytes"], &line["replyBytes"], &line["status"]);
                    assert_eq!(sizes, (&26.into(), &6.into(), &200.into()), "{line}");
                    assert!(line["ms"].as_f64() > Some(0.0) && line["requestId"].is_string());
                }
                _ => assert!(line["replyBytes"].as_u64() > Some(90), "{line}"),
            }
            *counts.entry(key).or_insert(0) += 1;
            let id = line["connectionId"].as_str().expect("an id").to_owned();
            *connections.entry(id).or_insert(0) += 1;
        }
    }
    let expected =
        [("$connect", 20), ("$disconnect", 20), ("noRoute", 20), ("say", 60), ("say function", 20)];
    assert_eq!(counts, expected.map(|(key, count)| (key.to_owned(), count)).into());
    assert_eq!(connections.values().collect::<Vec<_>>(), [&7; 20]);
    lift.signal("INT");
    assert_eq!(lift.ended().status.code(), Some(0));
}

#[test]
fn log_off_prints_only_the_lines_of_the_function_and_the_gateway() {
    let (lift, _folder) = by_message(&["--log", "off"]);
    let block = lift.ready();
    send_messages(url_of(&block), &[r#"{"action":"say","do":"fail"}"#]);
    let lines = lift.lines_until("invocation failed");
    assert!(lines.iter().any(|line| line == "[1] the function is up"), "{lines:#?}");
    assert!(!lines.iter().any(|line| line.contains("$connect")), "{lines:#?}");
}

/// `lift dev` with the function that does what a message says. The test sets its stderr.
fn lift_dev(folder: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lift"));
    command
        .arg("dev")
        .arg(test_function())
        .args(["--listen", "127.0.0.1:0", "--data-dir"])
        .arg(folder.path());
    command.env_remove("CARGO_TARGET_DIR").env_remove("NO_COLOR").env("TERM", "xterm-256color");
    command.env("TEST_FUNCTION", "by-message").env("CARGO_TERM_COLOR", "never");
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    command
}

fn ready(child: &mut Child) -> String {
    let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
    let mut block = String::new();
    while !block.contains("Press Ctrl-C") {
        assert!(stdout.read_line(&mut block).expect("lift runs") > 0, "{block}");
    }
    block
}

/// Returns the text that `lift` writes to a terminal.
fn on_a_terminal(variables: &[(&str, &str)]) -> String {
    let pty = openpty(None, None).expect("a terminal");
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = lift_dev(&folder);
    // With CI set, colors are printed even on a terminal without colors.
    command.env_remove("CI").envs(variables.iter().copied()).stderr(pty.slave);
    let mut child = command.spawn().expect("lift is built");
    drop(command);
    send_messages(url_of(&ready(&mut child)), &[r#"{"action":"say","do":"it"}"#]);
    signal(child.id(), "INT");
    child.wait().expect("it ends");
    let mut text = Vec::new();
    // When the last program has ended, reading the terminal fails after the rest of its text.
    let _ = File::from(pty.master).read_to_end(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}

#[test]
fn a_terminal_gets_colors_except_with_no_color_or_a_dumb_terminal() {
    let colored = on_a_terminal(&[]);
    assert!(
        colored.contains("\x1b[1msay\x1b[0m") && colored.contains("\x1b[32m200\x1b[0m"),
        "{colored}"
    );
    for (name, value) in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let plain = on_a_terminal(&[(name, value)]);
        assert!(plain.contains("  say  ") && !plain.contains('\x1b'), "{name}: {plain}");
    }
}

#[test]
fn clicolor_force_prints_colors_into_a_pipe() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().as_os_str();
    let (mode, force) = (OsStr::new("by-message"), OsStr::new("1"));
    let variables =
        [("TEST_FUNCTION", mode), ("TEST_FUNCTION_PIDS", path), ("CLICOLOR_FORCE", force)];
    let lift = Lift::dev(&test_function(), &variables);
    send_messages(url_of(&lift.ready()), &[]);
    lift.wait_for_line("\x1b[2m$connect\x1b[0m");
}

#[test]
fn a_stuck_terminal_does_not_delay_the_gateway() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut child = lift_dev(&folder).stderr(Stdio::piped()).spawn().expect("lift is built");
    // Stderr is not read during these messages. They have no route, so each prints several lines.
    send_messages(url_of(&ready(&mut child)), &["hello"; 5000]);
    let mut stderr = child.stderr.take().expect("piped");
    signal(child.id(), "INT");
    let mut text = String::new();
    stderr.read_to_string(&mut text).expect("UTF-8");
    assert!(child.wait().expect("it ends").success());
    let missed = text.lines().filter_map(|line| line.trim().split_once(" things were too fast"));
    let missed: u64 = missed.map(|(count, _)| count.parse::<u64>().expect("a number")).sum();
    assert!(missed > 0 && text.contains("  ✗ no route"), "{missed} in {} bytes", text.len());
}

#[test]
fn open_opens_the_page_when_lift_dev_is_ready() {
    // The program that opens URLs on a desktop.
    let desktop = tempfile::tempdir().expect("a folder");
    let (opener, opened) = (desktop.path().join("xdg-open"), desktop.path().join("opened"));
    fs::write(&opener, format!("#!/bin/sh\necho $1 > {}\n", opened.display())).expect("written");
    fs::set_permissions(&opener, fs::Permissions::from_mode(0o755)).expect("set");
    let mut path = desktop.path().as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").expect("set"));

    let files =
        [("src/main.rs", include_str!("test_function.rs")), ("web/index.html", "<p>hello</p>")];
    let app = App::new(&files);
    let lift = Lift::dev_with(app.path(), &["--open"], &[("PATH", &path)]);
    let block = lift.ready();
    let page = block.lines().find_map(|line| line.trim().strip_prefix("Page")).expect("a page");
    wait_until("the page is opened", || {
        fs::read_to_string(&opened).is_ok_and(|url| url.trim() == page.trim())
    });

    let without = Lift::dev_with(&test_function(), &["--open"], &[("PATH", &path)]);
    let block = without.ready();
    let inspector = block.lines().find_map(|line| line.trim().strip_prefix("Inspector"));
    let inspector = inspector.expect("an inspector");
    wait_until("the inspector is opened instead", || {
        fs::read_to_string(&opened).is_ok_and(|url| url.trim() == inspector.trim())
    });
}
