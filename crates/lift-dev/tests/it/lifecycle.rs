//! The lifecycle of a function under `lift dev`: it starts, crashes, is replaced, and ends with Lift.

use std::{
    ffi::OsStr,
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use crate::{
    app::{App, test_function},
    command::{Lift, TIMEOUT, signal, wait_until},
};

/// A running test function, and the folder in which each of its processes creates a file named by its id.
struct Running {
    lift: Lift,
    pids: TempDir,
}

fn run(mode: &str) -> Running {
    let pids = tempfile::tempdir().expect("a folder");
    let variables =
        [("TEST_FUNCTION", OsStr::new(mode)), ("TEST_FUNCTION_PIDS", pids.path().as_os_str())];
    Running { lift: Lift::dev(&test_function(), &variables), pids }
}

impl Running {
    /// The ids of all started processes.
    fn started(&self) -> Vec<u32> {
        started(self.pids.path())
    }

    /// The id of a process that is running.
    fn running_process(&self) -> Option<u32> {
        self.started().into_iter().find(|id| is_alive(*id))
    }
}

fn started(folder: &Path) -> Vec<u32> {
    let names = fs::read_dir(folder).expect("readable").flatten();
    names.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

fn is_alive(id: u32) -> bool {
    // A zombie has ended, but its parent has not waited for it yet.
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

fn url_of<'a>(block: &'a str, name: &str) -> &'a str {
    let line = block.lines().find(|line| line.trim_start().starts_with(name)).expect(name);
    line.split_whitespace().nth(1).expect("a URL")
}

/// Connects a WebSocket, and returns the status of the handshake.
fn connect(block: &str) -> (TcpStream, u16) {
    let url = url_of(block, "WebSocket").strip_prefix("ws://").expect("a WebSocket URL");
    let (host, path) = url.split_once('/').expect("a path");
    let mut stream = TcpStream::connect(host).expect("the gateway listens");
    stream.set_read_timeout(Some(TIMEOUT)).expect("set");
    write!(
        stream,
        "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    .expect("sent");
    let mut head = [0; 12];
    stream.read_exact(&mut head).expect("a response");
    let status = String::from_utf8_lossy(&head[9..]).parse().expect("a status");
    (stream, status)
}

#[test]
fn the_ready_block_is_printed_and_a_stop_is_graceful() {
    let running = run("");
    let block = running.lift.ready();
    assert!(block.starts_with("Lift is ready.\n\n  WebSocket   ws://127.0.0.1:"), "{block}");
    assert!(url_of(&block, "Management").ends_with("/local"), "{block}");
    assert!(!block.contains("Page"), "{block}");
    running.lift.wait_for_line("the function is up");
    assert_eq!(connect(&block).1, 101);

    let data: PathBuf = running.lift.data().to_owned();
    running.lift.signal("TERM");
    let (pids, lift) = (running.pids, running.lift);
    // `data` is removed when `lift` is dropped, so it is read before.
    let files = || -> Vec<String> {
        let entries = fs::read_dir(&data).expect("readable").flatten();
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
    };
    wait_until("the files of the run are gone", || {
        !files().iter().any(|name| name.starts_with("lift-run-"))
    });
    let mut left = files();
    left.sort();
    assert_eq!(left, ["dynamodb.db", "lift-data", "lift-gateway-key.pem", "lift-gateway.pem"]);
    let ended = lift.ended();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert_eq!(started(pids.path()).into_iter().filter(|id| is_alive(*id)).count(), 0);
}

#[test]
fn a_killed_process_is_replaced() {
    let running = run("");
    let block = running.lift.ready();
    // More than once, with an event in between, so that no crash follows directly on another one.
    for _ in 0..3 {
        let id = running.running_process().expect("one process");
        signal(id, "KILL");
        // An event that the killed process still takes is lost, which is correct.
        wait_until("it has ended", || !is_alive(id));
        assert_eq!(connect(&block).1, 101);
        wait_until("another process runs", || {
            running.running_process().is_some_and(|now| now != id)
        });
    }
}

#[test]
fn an_idle_process_that_ends_is_replaced_without_an_event() {
    let running = run("");
    running.lift.ready();
    let id = running.running_process().expect("one process");
    signal(id, "KILL");
    running.lift.wait_for_line("signal: 9");
    wait_until("another process runs", || running.running_process().is_some_and(|now| now != id));
}

#[cfg(target_os = "linux")]
#[test]
fn killing_lift_ends_the_processes() {
    let running = run("");
    running.lift.ready();
    let id = running.running_process().expect("one process");
    running.lift.signal("KILL");
    wait_until("the function has ended", || !is_alive(id));
}

#[test]
fn an_interrupt_at_start_ends_lift_and_the_function() {
    let running = run("never-ready");
    wait_until("the function has started", || running.running_process().is_some());
    let id = running.running_process().expect("one process");
    running.lift.signal("INT");
    assert_eq!(running.lift.ended().status.code(), Some(130));
    wait_until("the function has ended", || !is_alive(id));
}

#[test]
fn an_interrupt_while_building_ends_cargo() {
    let pids = tempfile::tempdir().expect("a folder");
    // A build script that writes its process id and does not end.
    let script = r#"fn main() {
        let name = std::path::Path::new(&std::env::var("TEST_FUNCTION_PIDS").unwrap())
            .join(std::process::id().to_string());
        std::fs::write(name, "").unwrap();
        std::thread::sleep(std::time::Duration::from_secs(600));
    }"#;
    let app = App::new(&[("src/main.rs", "fn main() {}"), ("build.rs", script)]);
    let lift = Lift::dev(app.path(), &[("TEST_FUNCTION_PIDS", pids.path().as_os_str())]);
    wait_until("the build runs", || !started(pids.path()).is_empty());
    let id = started(pids.path())[0];
    lift.signal("TERM");
    assert_eq!(lift.ended().status.code(), Some(130));
    wait_until("the build script has ended", || !is_alive(id));
}

#[test]
fn a_second_interrupt_ends_at_once() {
    let running = run("slow-disconnect");
    let block = running.lift.ready();
    let id = running.running_process().expect("one process");
    let (_client, status) = connect(&block);
    assert_eq!(status, 101);
    running.lift.signal("INT");
    running.lift.wait_for_line("stopping");
    running.lift.signal("INT");
    assert_eq!(running.lift.ended().status.code(), Some(130));
    wait_until("the function has ended", || !is_alive(id));
}
