//! The terminal while keys are read: each key comes at once and is not shown. Ctrl-C and Ctrl-Z stay signals,
//! and output is as always.

use std::{
    io::{self, Read as _, stdin},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use nix::{
    sys::{
        signal::{SigSet, Signal, kill},
        termios::{LocalFlags, SetArg, SpecialCharacterIndices, Termios, tcgetattr, tcsetattr},
    },
    unistd::{getpgrp, getpid, tcgetpgrp},
};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// How long a read waits for a key, in tenths of a second.
const READ_TENTHS: u8 = 2;

/// How often the reader looks whether the terminal is this program's again.
const BACKGROUND: Duration = Duration::from_millis(200);

/// The terminal. Its settings are restored on drop, also by a panic.
pub(super) struct KeyTerminal {
    saved: Termios,
    ended: Arc<AtomicBool>,
}

/// Whether the terminal is this program's. A program in the background is stopped if it changes or reads the
/// terminal.
pub(crate) fn is_foreground() -> bool {
    tcgetpgrp(stdin()).is_ok_and(|group| group == getpgrp())
}

impl KeyTerminal {
    /// Reads keys on a thread from now on.
    pub(super) fn start() -> io::Result<(Self, UnboundedReceiver<u8>)> {
        let terminal = Self { saved: tcgetattr(stdin())?, ended: Arc::default() };
        terminal.set(&terminal.of_keys());
        let (keys, pressed) = unbounded_channel();
        let ended = terminal.ended.clone();
        thread::spawn(move || {
            // A read in the background fails then, and does not stop this program.
            let mut signals = SigSet::empty();
            signals.add(Signal::SIGTTIN);
            let _ = signals.thread_block();
            let mut key = [0];
            while !ended.load(Ordering::Relaxed) {
                if !is_foreground() {
                    thread::sleep(BACKGROUND);
                    continue;
                }
                match stdin().read(&mut key) {
                    // No key was pressed within the time.
                    Ok(0) => {}
                    Ok(_) if keys.send(key[0]).is_err() => return,
                    Ok(_) => {}
                    Err(_) => thread::sleep(BACKGROUND),
                }
            }
        });
        Ok((terminal, pressed))
    }

    /// Stops this program as Ctrl-Z does, with the terminal restored. Returns when it is continued.
    pub(super) fn suspend(&self) {
        self.set(&self.saved);
        let _ = kill(getpid(), Signal::SIGSTOP);
    }

    /// Reads keys again, unless the program continues in the background.
    pub(super) fn resume(&self) {
        self.set(&self.of_keys());
    }

    fn of_keys(&self) -> Termios {
        let mut settings = self.saved.clone();
        settings.local_flags.remove(LocalFlags::ICANON | LocalFlags::ECHO);
        settings.control_chars[SpecialCharacterIndices::VMIN as usize] = 0;
        settings.control_chars[SpecialCharacterIndices::VTIME as usize] = READ_TENTHS;
        settings
    }

    fn set(&self, settings: &Termios) {
        if is_foreground() {
            let _ = tcsetattr(stdin(), SetArg::TCSANOW, settings);
        }
    }
}

impl Drop for KeyTerminal {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        self.set(&self.saved);
    }
}
