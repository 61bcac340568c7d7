//! What a process of the function writes, passed line by line to the observers, each line with the
//! invocation that it belongs to.
//!
//! Stdout and stderr are one pipe, so lines stay in order. The pipe is read under a lock in two places:
//! by the reader when there is data, and by [`Output::set_invocation`] when the process gets an event
//! or has answered it. So lines that were written before an event are observed before it. The last
//! lines are kept, because they explain why a process exited at start.

use std::{
    collections::VecDeque,
    io::{self, PipeWriter},
    mem,
    sync::{Arc, Mutex, MutexGuard},
};

use lift_gateway::Id;
use nix::unistd;
use tokio::{net::unix::pipe::Receiver, process::Command};

use crate::{
    escape,
    lock::lock,
    observe::{ObservedKind, Observers},
};

/// How many lines are shown if a process exits at start. A panic prints its message above a long
/// backtrace.
const KEPT_LINES: usize = 100;

/// The most bytes of a line; a longer one is split.
const MAX_LINE: usize = 64 * 1024;

/// The most bytes that a pipe holds, and so the most that [`Output::set_invocation`] has to read.
const PIPE_CAPACITY: usize = 64 * 1024;

/// The output of one process. Clones are the same output.
#[derive(Clone)]
pub(crate) struct Output {
    process: u64,
    observers: Observers,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    pipe: Option<Arc<Receiver>>,
    /// The invocation that the process works on.
    invocation: Option<Id>,
    /// The line that has not ended yet.
    partial: Vec<u8>,
    /// The last lines, the oldest first.
    last: VecDeque<String>,
    /// Lines that are held back. `None` if lines are passed on as they come.
    held: Option<Vec<ObservedKind>>,
}

impl Output {
    /// The output of process `process`, passed on as it comes.
    pub(crate) fn new(process: u64, observers: &Observers) -> Self {
        Self { process, observers: observers.clone(), state: Arc::default() }
    }

    /// The same, but held back until [`Output::release`]: if the process exits at start, the error shows
    /// its last lines, and they are not shown twice.
    pub(crate) fn held(process: u64, observers: &Observers) -> Self {
        let output = Self::new(process, observers);
        output.state().held = Some(Vec::new());
        output
    }

    /// Passes on the lines that were held back, and from now on each line as it comes.
    pub(crate) fn release(&self) {
        let mut state = self.state();
        for line in state.held.take().unwrap_or_default() {
            self.observers.notify(line);
        }
    }

    /// The last lines, indented, or a sentence that there are none.
    pub(crate) fn last_lines(&self) -> String {
        let state = self.state();
        if state.last.is_empty() {
            return "It wrote nothing.".to_owned();
        }
        let lines: Vec<String> =
            state.last.iter().map(|line| format!("  {}", escape::line(line))).collect();
        format!("Its last lines:\n{}", lines.join("\n"))
    }

    /// Makes this the output of the process that `command` starts.
    pub(crate) fn attach(&self, command: &mut Command) -> io::Result<()> {
        let writer = self.pipe()?;
        command.stdout(writer.try_clone()?).stderr(writer);
        Ok(())
    }

    /// Makes the pipe, and returns the end for the process.
    fn pipe(&self) -> io::Result<PipeWriter> {
        let (reader, writer) = io::pipe()?;
        self.state().pipe = Some(Arc::new(Receiver::from_owned_fd(reader.into())?));
        Ok(writer)
    }

    /// Reads until the process and its children have closed their ends.
    pub(crate) async fn read(self) {
        let Some(pipe) = self.state().pipe.clone() else { return };
        // A pipe that fails is treated as closed.
        while pipe.readable().await.is_ok() {
            match self.take(&mut self.state(), |bytes| pipe.try_read(bytes)) {
                Ok(1..) => {}
                // `set_invocation` has read it.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Ok(0) | Err(_) => break,
            }
        }
        self.end_line(&mut self.state());
    }

    /// Sets the invocation of the lines to come. Lines that are already written belong to the last one.
    pub(crate) fn set_invocation(&self, invocation: Option<Id>) {
        let mut state = self.state();
        if let Some(pipe) = state.pipe.clone() {
            // Reads without tokio, which reads only after a wake-up.
            let read = |bytes: &mut [u8]| Ok(unistd::read(&*pipe, bytes)?);
            let mut taken = 0;
            while taken < PIPE_CAPACITY
                && let Ok(length @ 1..) = self.take(&mut state, read)
            {
                taken += length;
            }
        }
        // A partial line belongs to the last invocation, so it ends here.
        self.end_line(&mut state);
        state.invocation = invocation;
    }

    /// Reads some bytes from the pipe and passes on the lines in them.
    fn take(
        &self,
        state: &mut State,
        read: impl FnOnce(&mut [u8]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let mut bytes = [0; 8 * 1024];
        let length = read(&mut bytes)?;
        for piece in bytes[..length].split_inclusive(|byte| *byte == b'\n') {
            state.partial.extend_from_slice(piece);
            if piece.ends_with(b"\n") || state.partial.len() >= MAX_LINE {
                self.end_line(state);
            }
        }
        Ok(length)
    }

    fn end_line(&self, state: &mut State) {
        if state.partial.is_empty() {
            return;
        }
        let partial = mem::take(&mut state.partial);
        let text = String::from_utf8_lossy(&partial);
        // Python's runtime client separates the lines of a traceback by carriage returns, because
        // CloudWatch would show line feeds as several events.
        for text in text.trim_end_matches(['\r', '\n']).split('\r') {
            self.pass_on(state, text.to_owned());
        }
    }

    fn pass_on(&self, state: &mut State, text: String) {
        if state.last.len() == KEPT_LINES {
            state.last.pop_front();
        }
        state.last.push_back(text.clone());
        let line = ObservedKind::Line { process: self.process, invocation: state.invocation, text };
        match &mut state.held {
            Some(held) => held.push(line),
            None => self.observers.notify(line),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

#[cfg(test)]
mod tests {
    use std::{io::Write as _, sync::mpsc};

    use super::*;
    use crate::observe::{Observed, Observer};

    struct Lines(mpsc::Sender<(Option<Id>, String)>);

    impl Observer for Lines {
        fn observe(&self, observed: &Observed) {
            if let ObservedKind::Line { process: 1, invocation, text } = &observed.kind {
                self.0.send((*invocation, text.clone())).expect("the test reads");
            }
        }
    }

    fn observers() -> (Observers, mpsc::Receiver<(Option<Id>, String)>) {
        let (sender, lines) = mpsc::channel();
        (Observers::new(vec![Box::new(Lines(sender))]), lines)
    }

    /// What a shell script writes to stdout and stderr, held back.
    async fn of(script: &str) -> Output {
        let output = Output::held(1, &Observers::default());
        let mut shell = Command::new("sh");
        output.attach(shell.args(["-c", script])).expect("a pipe");
        let mut child = shell.spawn().expect("a shell");
        drop(shell);
        output.clone().read().await;
        child.wait().await.expect("it ends");
        output
    }

    #[tokio::test]
    async fn keeps_the_last_lines_of_stdout_and_stderr() {
        let output = of("for n in $(seq 104); do echo line $n; done; printf 'x\\377' >&2").await;
        let last = output.last_lines();
        assert!(last.starts_with("Its last lines:\n  line 6\n  line 7\n"), "{last}");
        assert!(last.ends_with("\n  line 104\n  x\u{fffd}"), "{last}");
        assert_eq!(of("").await.last_lines(), "It wrote nothing.");
        let returns = of(r"printf 'KeyError\rTraceback\r  File\r\n'").await.last_lines();
        assert_eq!(returns, "Its last lines:\n  KeyError\n  Traceback\n    File");
    }

    #[tokio::test]
    async fn a_line_without_an_end_is_split() {
        let output = of(&format!("head -c {} /dev/zero", 3 * MAX_LINE)).await;
        let lengths: Vec<usize> = output.state().last.iter().map(String::len).collect();
        assert_eq!(lengths.iter().sum::<usize>(), 3 * MAX_LINE);
        assert!(lengths.iter().all(|length| *length < 2 * MAX_LINE), "{lengths:?}");
    }

    #[tokio::test]
    async fn a_line_belongs_to_the_invocation_during_which_it_was_written() {
        let (all, lines) = observers();
        let output = Output::new(1, &all);
        // Only `set_invocation` reads it in this test.
        let mut writer = output.pipe().expect("a pipe");
        let [first, second] = ["AAAAAAAAAAAAAAA=", "BBBBBBBBBBBBBBB="].map(Id::parse);
        for (now, text) in
            [(first, "start\n"), (None, "1\nhalf"), (second, "between\n"), (None, "2\n")]
        {
            writer.write_all(text.as_bytes()).expect("written");
            output.set_invocation(now);
        }
        let observed: Vec<_> = lines.try_iter().collect();
        let line = |invocation, text: &str| (invocation, text.to_owned());
        let expected = [
            line(None, "start"),
            line(first, "1"),
            line(first, "half"),
            line(None, "between"),
            line(second, "2"),
        ];
        assert_eq!(observed, expected);
    }
}
