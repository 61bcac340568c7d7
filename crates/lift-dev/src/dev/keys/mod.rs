//! The keys of `lift dev` on a terminal: open the page, open the inspector, restart, fire schedules, clear, quit,
//! help.
//!
//! ```text
//! terminal: a thread reads keys -> Keys::run -> browser, WatchPlan (restart), Stop, Schedules
//! ```

mod terminal;

use std::{
    convert::Infallible,
    future::pending,
    io::{self, IsTerminal as _, Write as _},
};

use anyhow::{Context as _, Result};
use lift_invoke::Schedules;
use nix::sys::signal::Signal::{SIGCONT, SIGTSTP};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::mpsc::UnboundedReceiver,
};

use self::terminal::KeyTerminal;
use crate::{
    args::LogFormat,
    dev::{reload::Restart, ui::open},
    exit::note,
    stop::Stop,
};

/// Clears the screen and what was scrolled out of it.
const CLEAR: &[u8] = b"\x1b[2J\x1b[3J\x1b[H";

/// What the keys act on.
pub(crate) struct Targets {
    /// The URLs of the app's page and of the inspector.
    pub(crate) page: Option<String>,
    pub(crate) inspector: Option<String>,
    pub(crate) restart: Restart,
    pub(crate) schedules: Schedules,
    pub(crate) stop: Stop,
}

/// The keys of a terminal, until this is dropped.
pub(crate) struct Keys {
    terminal: KeyTerminal,
    pressed: UnboundedReceiver<u8>,
    suspended: Signal,
    continued: Signal,
    targets: Targets,
}

/// Whether someone who sees the output can press keys.
pub(crate) fn are_on(log: LogFormat) -> bool {
    log != LogFormat::Json
        && io::stdin().is_terminal()
        && io::stderr().is_terminal()
        && terminal::is_foreground()
}

impl Keys {
    /// Reads keys from the terminal from now on.
    pub(crate) fn start(targets: Targets) -> Result<Self> {
        let listen = |kind: nix::sys::signal::Signal| {
            signal(SignalKind::from_raw(kind as i32)).context("cannot listen for signals")
        };
        let (suspended, continued) = (listen(SIGTSTP)?, listen(SIGCONT)?);
        let (terminal, pressed) = KeyTerminal::start().context("cannot use the terminal")?;
        Ok(Self { terminal, pressed, suspended, continued, targets })
    }

    /// Acts on keys for as long as this is polled.
    pub(crate) async fn run(&mut self) -> Infallible {
        loop {
            tokio::select! {
                key = self.pressed.recv() => match key {
                    Some(key) => self.targets.press(key),
                    // The terminal is gone.
                    None => pending().await,
                },
                // Ctrl-Z: the shell gets the terminal as it was.
                _ = self.suspended.recv() => self.terminal.suspend(),
                _ = self.continued.recv() => self.terminal.resume(),
            }
        }
    }
}

impl Targets {
    fn press(&self, key: u8) {
        match key {
            b'o' => open_or(self.page.as_deref(), "the app has no page: add web/index.html"),
            b'i' => {
                open_or(self.inspector.as_deref(), "there is no inspector: --no-inspector is given")
            }
            b'r' => {
                note("restarting");
                self.restart.now();
            }
            b's' => match self.schedules.fire_all() {
                0 => note(
                    "the app has no schedules: declare one with App::schedule, or in a template",
                ),
                1 => note("firing the schedule"),
                count => note(format_args!("firing {count} schedules")),
            },
            b'c' => {
                let _ = io::stderr().write_all(CLEAR);
            }
            b'q' if self.stop.graceful.is_cancelled() => self.stop.immediate.cancel(),
            b'q' => self.stop.graceful.cancel(),
            b'h' | b'?' => note(self.help()),
            // Separates what follows, as on any prompt.
            b'\n' => note(""),
            _ => {}
        }
    }

    fn help(&self) -> String {
        let page = self.page.as_ref().map(|_| "  o  open the page\n").unwrap_or_default();
        let inspector =
            self.inspector.as_ref().map(|_| "  i  open the inspector\n").unwrap_or_default();
        let schedules = match self.schedules.all()[..] {
            [] => "",
            _ => "  s  fire all schedules now\n",
        };
        format!(
            "{page}{inspector}  r  build again and restart the functions\n{schedules}  c  clear the screen\n  \
             q  quit, as Ctrl-C does\n  h  this help"
        )
    }
}

fn open_or(url: Option<&str>, missing: &str) {
    match url {
        Some(url) => open::in_browser(url),
        None => note(missing),
    }
}
