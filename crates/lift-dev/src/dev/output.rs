//! What a process of the function writes, passed on to stderr line by line.
//!
//! Its stdout goes there too: Lift's own stdout holds the ready block alone. The last lines are
//! kept, because a process that dies at start says there why.

use std::collections::VecDeque;
use std::io::{IsTerminal as _, Write as _, stderr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader};

/// So many lines are shown when a process dies at start.
const KEPT: usize = 20;

/// A line that never ends is passed on in pieces of this many bytes.
const LONGEST: u64 = 64 * 1024;

/// The output of one process. Clones are the same output.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    prefix: String,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    last: VecDeque<String>,
    /// Lines not shown yet. `None` once they are passed on as they come.
    held: Option<Vec<String>>,
}

impl Output {
    /// The output of process `number`, passed on as it comes.
    pub(crate) fn passed_on(number: u64) -> Self {
        let prefix = if stderr().is_terminal() {
            format!("\u{1b}[2m[{number}]\u{1b}[0m ")
        } else {
            String::new()
        };
        Self { prefix, state: Arc::default() }
    }

    /// The same, but nothing is shown before [`Output::release`]: if the process dies at start,
    /// its last words stand in the error and not twice.
    pub(crate) fn held(number: u64) -> Self {
        let output = Self::passed_on(number);
        output.state().held = Some(Vec::new());
        output
    }

    /// Shows what was held, and from now on every line as it comes.
    pub(crate) fn release(&self) {
        for line in self.state().held.take().unwrap_or_default() {
            self.show(&line);
        }
    }

    /// The last lines, below each other and indented, or a word that there were none.
    pub(crate) fn last_lines(&self) -> String {
        let state = self.state();
        if state.last.is_empty() {
            return "It wrote nothing.".to_owned();
        }
        let lines: Vec<String> = state.last.iter().map(|line| format!("  {line}")).collect();
        format!("Its last lines:\n{}", lines.join("\n"))
    }

    /// Reads `source` to its end.
    pub(crate) async fn read(self, source: impl AsyncRead + Unpin) {
        let mut source = BufReader::new(source);
        let mut line = Vec::new();
        // A pipe that fails is as good as one that ended.
        while let Ok(1..) = (&mut source).take(LONGEST).read_until(b'\n', &mut line).await {
            self.add(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']));
            line.clear();
        }
    }

    fn add(&self, line: &str) {
        let mut state = self.state();
        if state.last.len() == KEPT {
            state.last.pop_front();
        }
        state.last.push_back(line.to_owned());
        match &mut state.held {
            Some(held) => held.push(line.to_owned()),
            None => self.show(line),
        }
    }

    fn show(&self, line: &str) {
        // One write for the whole line, so that two processes do not mix theirs. When stderr is
        // gone there is nobody left to tell.
        let _ = stderr().write_all(format!("{}{line}\n", self.prefix).as_bytes());
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{KEPT, Output};

    #[tokio::test]
    async fn keeps_the_last_lines() {
        let output = Output::held(1);
        let text: String = (0..KEPT + 5).map(|n| format!("line {n}\r\n")).collect();
        output.clone().read(text.as_bytes()).await;
        let last = output.last_lines();
        assert!(last.starts_with("Its last lines:\n  line 5\n  line 6\n"), "{last}");
        assert!(last.ends_with("\n  line 24"), "{last}");
    }

    #[tokio::test]
    async fn a_line_without_an_end_is_passed_on() {
        let output = Output::held(1);
        output.clone().read(&[b'x', 0xff][..]).await;
        assert!(output.last_lines().ends_with("  x\u{fffd}"));
        assert_eq!(Output::held(2).last_lines(), "It wrote nothing.");
    }
}
