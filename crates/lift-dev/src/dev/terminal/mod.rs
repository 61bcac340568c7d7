//! The events of an app on the terminal: one line per event, with the lines that the function wrote.
//!
//! ```text
//! gateway, Output -Observed-> Terminal -queue-> thread: events -Entry-> pretty, json -> stderr, stdout
//! ```
//!
//! The output has its own thread, so that a slow or stopped terminal does not delay the gateway. What does
//! not fit into the queue is dropped and counted, and the count is shown.

mod calls;
mod entry;
mod events;
mod failed;
mod failure;
mod json;
mod pretty;
#[cfg(test)]
mod sample;

use std::{
    io::{self, Write as _},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, SyncSender},
    },
    thread,
    time::{Duration, Instant},
};

use console::Term;
use jiff::tz::TimeZone;

use crate::{
    args::LogFormat,
    colors,
    dev::terminal::{entry::Entry, events::Events, failed::Failed, pretty::Pretty},
    escape,
    observe::{Observed, ObservedKind, Observer},
};

/// The most observed events that wait in the queue.
const QUEUE: usize = 4096;

/// How long the end of the program waits for a stopped terminal.
const END_TIMEOUT: Duration = Duration::from_secs(2);

/// How often the thread checks for dropped events, at least.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// Starts the output in this format.
pub(crate) fn start(format: LogFormat) -> (Terminal, TerminalThread) {
    let (queue, observed) = mpsc::sync_channel(QUEUE);
    let (ended, end) = mpsc::channel();
    let missed = Arc::new(AtomicU64::new(0));
    let terminal = Terminal { queue, events: format != LogFormat::Off, missed: missed.clone() };
    let thread = TerminalThread { queue: terminal.queue.clone(), end };
    let mut writer = LineWriter::new(format);
    thread::spawn(move || {
        show(&observed, &missed, &mut writer);
        // Fails if `end` has timed out.
        let _ = ended.send(());
    });
    (terminal, thread)
}

/// The observer that fills the queue.
pub(crate) struct Terminal {
    queue: SyncSender<Option<Observed>>,
    /// Whether events are shown, or only the lines of functions.
    events: bool,
    missed: Arc<AtomicU64>,
}

impl Observer for Terminal {
    fn observe(&self, observed: &Observed) {
        if (self.events || matches!(observed.kind, ObservedKind::Line { .. }))
            && self.queue.try_send(Some(observed.clone())).is_err()
        {
            self.missed.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// A handle to the thread.
pub(crate) struct TerminalThread {
    queue: SyncSender<Option<Observed>>,
    end: Receiver<()>,
}

impl TerminalThread {
    /// Ends the thread after it has shown what is in the queue.
    pub(crate) fn end(self) {
        let until = Instant::now() + END_TIMEOUT;
        // The end mark needs a place in the queue, too.
        while self.queue.try_send(None).is_err() {
            if Instant::now() > until {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        let _ = self.end.recv_timeout(until.saturating_duration_since(Instant::now()));
    }
}

fn show(queue: &Receiver<Option<Observed>>, missed: &AtomicU64, writer: &mut LineWriter) {
    let mut events = Events::default();
    let mut entries = Vec::new();
    let (mut open, started) = (true, Instant::now());
    let (mut total, mut failed) = (0_u64, Failed::default());
    while open {
        let wait = events.due().map(|due| due.saturating_duration_since(Instant::now()));
        let first = queue.recv_timeout(wait.unwrap_or(CHECK_INTERVAL).min(CHECK_INTERVAL));
        open = !matches!(first, Err(RecvTimeoutError::Disconnected));
        // Everything in the queue is written at once.
        for one in first.into_iter().chain(queue.try_iter().take(QUEUE)) {
            match one {
                Some(observed) => events.observe(Instant::now(), observed, &mut entries),
                None => open = false,
            }
        }
        if open {
            events.flush(Instant::now(), &mut entries);
        } else {
            events.end(Instant::now(), &mut entries);
        }
        let count = missed.swap(0, Ordering::Relaxed);
        if count > 0 {
            entries.push(Entry::Missed(count));
        }
        for entry in &entries {
            if let Entry::Event(event) = entry {
                total += 1;
                if let Some(code) = event.error_code() {
                    failed.add(&code);
                }
            }
        }
        if !open && total > 0 {
            entries.push(Entry::Total { total, failed: failed.clone(), took: started.elapsed() });
        }
        writer.write(&entries);
        entries.clear();
    }
}

/// Whether a terminal has too few columns for the ready block and for the lines of events as they are elsewhere.
pub(crate) fn is_narrow(terminal: &Term) -> bool {
    terminal.size_checked().is_some_and(|(_, columns)| columns < 80)
}

/// The columns of the terminal that is stderr.
fn columns() -> Option<usize> {
    let terminal = Term::stderr();
    let (_, columns) = terminal.size_checked()?;
    Some(columns.into())
}

/// Writes entries as lines: text on stderr or JSON on stdout.
enum LineWriter {
    Text { pretty: Pretty, colors: bool },
    Json,
}

impl LineWriter {
    fn new(format: LogFormat) -> Self {
        match format {
            LogFormat::Json => Self::Json,
            LogFormat::Pretty | LogFormat::Off => Self::Text {
                pretty: Pretty::new(TimeZone::system()),
                colors: colors::on(&io::stderr()),
            },
        }
    }

    /// Errors are ignored: they mean that the reader has closed the stream.
    fn write(&mut self, entries: &[Entry]) {
        if entries.is_empty() {
            return;
        }
        let mut text = String::new();
        match self {
            Self::Json => {
                entries.iter().for_each(|entry| json::write(&mut text, entry));
                let mut stdout = io::stdout().lock();
                let _ =
                    stdout.write_all(escape::json(&text).as_bytes()).and_then(|()| stdout.flush());
            }
            Self::Text { pretty, colors } => {
                // The size of a terminal may change at any time.
                pretty.set_columns(columns());
                entries.iter().for_each(|entry| pretty.write(&mut text, entry));
                if !*colors {
                    text = anstream::adapter::strip_str(&text).to_string();
                }
                let _ = io::stderr().write_all(text.as_bytes());
            }
        }
    }
}
