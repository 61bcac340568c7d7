//! What a process of the function writes, handed line by line to those who watch, each line with the
//! invocation that it belongs to.
//!
//! Its stdout and stderr are one pipe, so that lines stay in order. Whoever reads the pipe, reads it
//! under a lock: the reader when something comes, and [`Output::now_has`] at the moment when the
//! process gets an event or has answered it. So what was written before that moment is told before
//! it. The last lines are kept, because a process that dies at start says there why.

use std::{
    collections::VecDeque,
    io::{self, PipeWriter},
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use lift_gateway::Id;
use nix::unistd;
use tokio::{net::unix::pipe::Receiver, process::Command};

use crate::{
    dev::terminal::escape::escape,
    observe::{ObservedKind, Observers},
};

/// So many lines are shown when a process dies at start: a panic's message stands above its backtrace.
const KEPT: usize = 100;

/// A line that never ends is passed on in pieces of this many bytes.
const LONGEST: usize = 64 * 1024;

/// What a pipe holds at most, so more was not written before a moment.
const PIPE: usize = 64 * 1024;

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
    /// What the process works on.
    invocation: Option<Id>,
    /// The line that has begun.
    begun: Vec<u8>,
    last: VecDeque<String>,
    /// Lines not told yet. `None` once they are passed on as they come.
    held: Option<Vec<ObservedKind>>,
}

impl Output {
    /// The output of process `number`, passed on as it comes.
    pub(crate) fn passed_on(process: u64, observers: &Observers) -> Self {
        Self { process, observers: observers.clone(), state: Arc::default() }
    }

    /// The same, but nobody is told before [`Output::release`]: if the process dies at start, its
    /// last words stand in the error and not twice.
    pub(crate) fn held(process: u64, observers: &Observers) -> Self {
        let output = Self::passed_on(process, observers);
        output.state().held = Some(Vec::new());
        output
    }

    /// Tells what was held, and from now on every line as it comes.
    pub(crate) fn release(&self) {
        let mut state = self.state();
        for line in state.held.take().unwrap_or_default() {
            self.observers.notify(line);
        }
    }

    /// The last lines, below each other and indented, or a word that there were none.
    pub(crate) fn last_lines(&self) -> String {
        let state = self.state();
        if state.last.is_empty() {
            return "It wrote nothing.".to_owned();
        }
        let lines: Vec<String> =
            state.last.iter().map(|line| format!("  {}", escape(line))).collect();
        format!("Its last lines:\n{}", lines.join("\n"))
    }

    /// Makes this the output of what `command` will start.
    pub(crate) fn attach(&self, command: &mut Command) -> io::Result<()> {
        let writer = self.pipe()?;
        command.stdout(writer.try_clone()?).stderr(writer);
        Ok(())
    }

    /// Makes the pipe, and answers the end for the process.
    fn pipe(&self) -> io::Result<PipeWriter> {
        let (reader, writer) = io::pipe()?;
        self.state().pipe = Some(Arc::new(Receiver::from_owned_fd(reader.into())?));
        Ok(writer)
    }

    /// Reads until the process and its children have closed their ends.
    pub(crate) async fn read(self) {
        let Some(pipe) = self.state().pipe.clone() else { return };
        // A pipe that fails is as good as one that ended.
        while pipe.readable().await.is_ok() {
            match self.take(&mut self.state(), |bytes| pipe.try_read(bytes)) {
                Ok(1..) => {}
                // Somebody else has read it.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Ok(0) | Err(_) => break,
            }
        }
        self.end_line(&mut self.state());
    }

    /// Notes what the process works on from now on; what it has written belongs to what it had.
    pub(crate) fn now_has(&self, invocation: Option<Id>) {
        let mut state = self.state();
        if let Some(pipe) = state.pipe.clone() {
            // Past tokio, which tries to read only after it was woken.
            let read = |bytes: &mut [u8]| Ok(unistd::read(&*pipe, bytes)?);
            let mut taken = 0;
            while taken < PIPE
                && let Ok(length @ 1..) = self.take(&mut state, read)
            {
                taken += length;
            }
        }
        // What has no end yet, and came with the last event, will get none.
        self.end_line(&mut state);
        state.invocation = invocation;
    }

    /// Takes some bytes out of the pipe and tells the lines in them.
    fn take(
        &self,
        state: &mut State,
        read: impl FnOnce(&mut [u8]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let mut bytes = [0; 8 * 1024];
        let length = read(&mut bytes)?;
        for piece in bytes[..length].split_inclusive(|byte| *byte == b'\n') {
            state.begun.extend_from_slice(piece);
            if piece.ends_with(b"\n") || state.begun.len() >= LONGEST {
                self.end_line(state);
            }
        }
        Ok(length)
    }

    fn end_line(&self, state: &mut State) {
        if state.begun.is_empty() {
            return;
        }
        let begun = mem::take(&mut state.begun);
        let text = String::from_utf8_lossy(&begun);
        // Python's runtime client parts the lines of a traceback by returns alone, as CloudWatch
        // would show them as several events else.
        for text in text.trim_end_matches(['\r', '\n']).split('\r') {
            self.tell(state, text.to_owned());
        }
    }

    fn tell(&self, state: &mut State, text: String) {
        if state.last.len() == KEPT {
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
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
                self.0.send((*invocation, text.clone())).expect("somebody reads");
            }
        }
    }

    fn observers() -> (Observers, mpsc::Receiver<(Option<Id>, String)>) {
        let (sender, lines) = mpsc::channel();
        (Observers::new(vec![Box::new(Lines(sender))]), lines)
    }

    /// What a shell writes to both, as the output that is held.
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
    async fn keeps_the_last_lines_of_both() {
        let output = of("for n in $(seq 104); do echo line $n; done; printf 'x\\377' >&2").await;
        let last = output.last_lines();
        assert!(last.starts_with("Its last lines:\n  line 6\n  line 7\n"), "{last}");
        assert!(last.ends_with("\n  line 104\n  x\u{fffd}"), "{last}");
        assert_eq!(of("").await.last_lines(), "It wrote nothing.");
        let returns = of(r"printf 'KeyError\rTraceback\r  File\r\n'").await.last_lines();
        assert_eq!(returns, "Its last lines:\n  KeyError\n  Traceback\n    File");
    }

    #[tokio::test]
    async fn a_line_without_an_end_is_passed_on_in_pieces() {
        let output = of(&format!("head -c {} /dev/zero", 3 * LONGEST)).await;
        let lengths: Vec<usize> = output.state().last.iter().map(String::len).collect();
        assert_eq!(lengths.iter().sum::<usize>(), 3 * LONGEST);
        assert!(lengths.iter().all(|length| *length < 2 * LONGEST), "{lengths:?}");
    }

    #[tokio::test]
    async fn a_line_belongs_to_what_the_process_had_when_it_was_written() {
        let (all, lines) = observers();
        let output = Output::passed_on(1, &all);
        // Nobody reads it here but `now_has`.
        let mut writer = output.pipe().expect("a pipe");
        let [first, second] = ["AAAAAAAAAAAAAAA=", "BBBBBBBBBBBBBBB="].map(Id::parse);
        for (now, text) in
            [(first, "start\n"), (None, "1\nhalf"), (second, "between\n"), (None, "2\n")]
        {
            writer.write_all(text.as_bytes()).expect("written");
            output.now_has(now);
        }
        let told: Vec<_> = lines.try_iter().collect();
        let line = |invocation, text: &str| (invocation, text.to_owned());
        let expected = [
            line(None, "start"),
            line(first, "1"),
            line(first, "half"),
            line(None, "between"),
            line(second, "2"),
        ];
        assert_eq!(told, expected);
    }
}
