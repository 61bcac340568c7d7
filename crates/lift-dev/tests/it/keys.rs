//! The keys of `lift dev` on a terminal, and the settings of the terminal before, meanwhile and after.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, Read as _, Write as _},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Instant,
};

use nix::{
    pty::{Winsize, openpty},
    sys::termios::{LocalFlags, tcgetattr},
};
use tempfile::TempDir;

use crate::{
    app::test_function_binary,
    command::{TIMEOUT, signal, wait_until},
    scenario::value,
    terminal::send_messages,
};

/// `lift dev` as the foreground program of a terminal.
pub(crate) struct OnTerminal {
    child: Child,
    terminal: File,
    output: Receiver<String>,
    /// What it wrote to the terminal so far.
    shown: String,
    /// What it wrote to stdout until it was ready.
    pub(crate) block: String,
    _folder: TempDir,
}

impl OnTerminal {
    /// On a terminal of so many columns.
    pub(crate) fn start(columns: u16) -> Self {
        let size = Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        let pty = openpty(&size, None).expect("a terminal");
        let folder = tempfile::tempdir().expect("a folder");
        // Makes the terminal the one that controls the program.
        let mut command = Command::new("setsid");
        command.arg("--ctty").arg(env!("CARGO_BIN_EXE_lift"));
        command.args(["dev", "--command", &test_function_binary(), "--listen", "127.0.0.1:0"]);
        command.arg("--data-dir").arg(folder.path().join("data"));
        command.env("XDG_STATE_HOME", folder.path()).env("TEST_FUNCTION", "by-message");
        command.env("NO_COLOR", "1").env_remove("LIFT_LOG").env_remove("RUST_LOG");
        command.stdin(pty.slave.try_clone().expect("cloned")).stdout(Stdio::piped());
        command.stderr(pty.slave);
        let mut child = command.spawn().expect("setsid is installed");
        drop(command);
        let terminal = File::from(pty.master);
        let mut reader = terminal.try_clone().expect("cloned");
        let (sender, output) = channel();
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            // Fails when the program has ended.
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                let text = String::from_utf8_lossy(&bytes[..count]).into_owned();
                if sender.send(text).is_err() {
                    return;
                }
            }
        });
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        let mut block = String::new();
        while !block.contains("Press Ctrl-C") {
            assert!(stdout.read_line(&mut block).expect("lift runs") > 0, "{block}");
        }
        stdout.read_line(&mut block).expect("one more line");
        Self { child, terminal, output, shown: String::new(), block, _folder: folder }
    }

    fn press(&mut self, keys: &str) {
        self.terminal.write_all(keys.as_bytes()).expect("the terminal is open");
    }

    /// Waits until the terminal shows `part`, and returns all since the last wait.
    #[track_caller]
    pub(crate) fn shows(&mut self, part: &str) -> String {
        let deadline = Instant::now() + TIMEOUT;
        while !self.shown.contains(part) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(text) => self.shown += &text,
                Err(_) => panic!("no {part:?} in {:?}", self.shown),
            }
        }
        std::mem::take(&mut self.shown)
    }

    fn reads_keys(&self) -> bool {
        let settings = tcgetattr(&self.terminal).expect("a terminal");
        !settings.local_flags.intersects(LocalFlags::ICANON | LocalFlags::ECHO)
    }

    fn is_stopped(&self) -> bool {
        let status = fs::read_to_string(format!("/proc/{}/stat", self.child.id()));
        status.is_ok_and(|text| text.rsplit(") ").next().is_some_and(|rest| rest.starts_with('T')))
    }

    /// Waits for the end, and returns the exit code.
    pub(crate) fn ended(mut self) -> Option<i32> {
        let mut status = None;
        wait_until("lift ends", || {
            status = self.child.try_wait().expect("our child");
            status.is_some()
        });
        assert!(!self.reads_keys(), "the terminal is restored");
        status.and_then(|status| status.code())
    }
}

impl Drop for OnTerminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn keys_give_help_restart_and_quit_and_the_terminal_is_restored() {
    let mut lift = OnTerminal::start(80);
    assert!(lift.block.ends_with("\ni inspector  r restart  h help  q quit\n"), "{}", lift.block);
    wait_until("keys are read", || lift.reads_keys());
    lift.press("h");
    let help = lift.shows("this help");
    assert!(
        help.contains("  i  open the inspector\r\n") && !help.contains("open the page"),
        "{help}"
    );
    lift.press("o");
    lift.shows("the app has no page: add web/index.html");
    lift.press("s");
    lift.shows("firing the schedule");
    lift.shows("schedule  close");
    lift.press("r");
    lift.shows("reloaded ");
    lift.press("c");
    lift.shows("\x1b[2J\x1b[3J\x1b[H");

    // Ctrl-Z gives the terminal back to the shell, and `fg` continues.
    lift.press("\x1a");
    wait_until("lift is stopped", || lift.is_stopped());
    assert!(!lift.reads_keys());
    signal(lift.child.id(), "CONT");
    wait_until("keys are read again", || lift.reads_keys());
    lift.press("q");
    lift.shows("stopping");
    assert_eq!(lift.ended(), Some(0));
}

#[test]
fn ctrl_c_restores_the_terminal_too() {
    let mut lift = OnTerminal::start(80);
    wait_until("keys are read", || lift.reads_keys());
    lift.press("\x03");
    lift.shows("stopping");
    assert_eq!(lift.ended(), Some(0));
}

#[test]
fn lines_fit_a_terminal_of_50_columns() {
    let mut lift = OnTerminal::start(50);
    let url = value(&lift.block, "WebSocket").to_owned();
    let messages = [r#"{"action":"say","do":"it"}"#, r#"{"action":"say","do":"fail"}"#, "hello"];
    send_messages(&url, &messages);
    let shown = lift.shows("$disconnect");
    lift.press("q");
    let shown = shown + &lift.shows("of them failed");
    for line in shown.lines().filter(|line| !line.contains(" INFO ")) {
        assert!(line.chars().count() <= 50, "{line:?} in {shown}");
    }
    assert!(shown.contains(" say          200 "), "{shown}");
    assert_eq!(lift.ended(), Some(0));
}
