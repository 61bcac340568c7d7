//! A function's life under `lift dev`: it starts, crashes, is replaced, and ends with Lift.

use std::{
    ffi::OsStr,
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use crate::{
    app::{App, tiny},
    command::{Lift, PATIENCE, signal, wait_until},
};

/// A running tiny function, and the folder in which each of its processes leaves its id.
struct Running {
    lift: Lift,
    pids: TempDir,
}

fn run(todo: &str) -> Running {
    let pids = tempfile::tempdir().expect("a folder");
    let variables = [("TINY", OsStr::new(todo)), ("TINY_PIDS", pids.path().as_os_str())];
    Running { lift: Lift::dev(&tiny(), &variables), pids }
}

impl Running {
    /// The processes that were ever started.
    fn started(&self) -> Vec<u32> {
        started(self.pids.path())
    }

    /// The one process that lives.
    fn living(&self) -> Option<u32> {
        self.started().into_iter().find(|id| lives(*id))
    }
}

fn started(folder: &Path) -> Vec<u32> {
    let names = fs::read_dir(folder).expect("readable").flatten();
    names.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

fn lives(id: u32) -> bool {
    // A zombie is dead, only not yet counted.
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

fn url_of<'a>(block: &'a str, name: &str) -> &'a str {
    let line = block.lines().find(|line| line.trim_start().starts_with(name)).expect(name);
    line.split_whitespace().nth(1).expect("a URL")
}

/// Connects a WebSocket and answers the status of the handshake.
fn connect(block: &str) -> (TcpStream, u16) {
    let url = url_of(block, "WebSocket").strip_prefix("ws://").expect("a WebSocket URL");
    let (host, path) = url.split_once('/').expect("a path");
    let mut stream = TcpStream::connect(host).expect("the gateway listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("set");
    write!(
        stream,
        "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    .expect("sent");
    let mut head = [0; 12];
    stream.read_exact(&mut head).expect("an answer");
    let status = String::from_utf8_lossy(&head[9..]).parse().expect("a status");
    (stream, status)
}

#[test]
fn ready_block_and_a_stop_in_order() {
    let running = run("");
    let block = running.lift.ready();
    assert!(block.starts_with("Lift is ready.\n\n  WebSocket   ws://127.0.0.1:"), "{block}");
    assert!(url_of(&block, "Management").ends_with("/local"), "{block}");
    assert!(!block.contains("Page"), "{block}");
    running.lift.wait_for_line("TINY is up");
    assert_eq!(connect(&block).1, 101);

    let data: PathBuf = running.lift.data().to_owned();
    running.lift.signal("TERM");
    let (pids, lift) = (running.pids, running.lift);
    // `data` is removed with `lift`, so it is looked at while the channel still holds that.
    let files = || -> Vec<String> {
        let entries = fs::read_dir(&data).expect("readable").flatten();
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
    };
    wait_until("the lock is gone", || !files().contains(&"lock".to_owned()));
    let mut left = files();
    left.sort();
    assert_eq!(left, [".gitignore", "dynamodb.db"]);
    let ended = lift.ended();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert_eq!(started(pids.path()).into_iter().filter(|id| lives(*id)).count(), 0);
}

#[test]
fn a_killed_process_is_replaced() {
    let running = run("");
    let block = running.lift.ready();
    // More than once, with an event between: each death is the first one in a row.
    for _ in 0..3 {
        let id = running.living().expect("one process");
        signal(id, "KILL");
        // An event that the dying process still takes is rightly lost.
        wait_until("it is dead", || !lives(id));
        assert_eq!(connect(&block).1, 101);
        wait_until("another one lives", || running.living().is_some_and(|now| now != id));
    }
}

#[test]
fn an_idle_process_that_dies_is_replaced_without_an_event() {
    let running = run("");
    running.lift.ready();
    let id = running.living().expect("one process");
    signal(id, "KILL");
    running.lift.wait_for_line("signal: 9");
    wait_until("another one lives", || running.living().is_some_and(|now| now != id));
}

#[cfg(target_os = "linux")]
#[test]
fn no_process_survives_a_killed_lift() {
    let running = run("");
    running.lift.ready();
    let id = running.living().expect("one process");
    running.lift.signal("KILL");
    wait_until("the function is gone", || !lives(id));
}

#[test]
fn an_interrupt_at_start_ends_lift_and_the_function() {
    let running = run("silent");
    wait_until("the function has started", || running.living().is_some());
    let id = running.living().expect("one process");
    running.lift.signal("INT");
    assert_eq!(running.lift.ended().status.code(), Some(130));
    wait_until("the function is gone", || !lives(id));
}

#[test]
fn an_interrupt_while_building_ends_cargo() {
    let pids = tempfile::tempdir().expect("a folder");
    // A build script that leaves its id and does not end.
    let script = r#"fn main() {
        let name = std::path::Path::new(&std::env::var("TINY_PIDS").unwrap())
            .join(std::process::id().to_string());
        std::fs::write(name, "").unwrap();
        std::thread::sleep(std::time::Duration::from_secs(600));
    }"#;
    let app = App::new(&[("src/main.rs", "fn main() {}"), ("build.rs", script)]);
    let lift = Lift::dev(app.path(), &[("TINY_PIDS", pids.path().as_os_str())]);
    wait_until("the build runs", || !started(pids.path()).is_empty());
    let id = started(pids.path())[0];
    lift.signal("TERM");
    assert_eq!(lift.ended().status.code(), Some(130));
    wait_until("the build script is gone", || !lives(id));
}

#[test]
fn a_second_interrupt_ends_at_once() {
    let running = run("slow");
    let block = running.lift.ready();
    let id = running.living().expect("one process");
    let (_client, status) = connect(&block);
    assert_eq!(status, 101);
    running.lift.signal("INT");
    running.lift.wait_for_line("stopping");
    running.lift.signal("INT");
    assert_eq!(running.lift.ended().status.code(), Some(130));
    wait_until("the function is gone", || !lives(id));
}
