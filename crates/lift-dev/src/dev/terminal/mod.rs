//! What happens, on the terminal: one line per event, with what the function wrote for it.
//!
//! ```text
//! gateway, Output -Seen-> Terminal -queue-> thread: events -Entry-> pretty | json -> stderr | stdout
//! ```
//!
//! The thread is apart from the gateway: a terminal that is slow, or stands still, holds up nothing.
//! What does not fit into the queue is counted, and the count is shown.

mod calls;
mod entry;
mod events;
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

use jiff::tz::TimeZone;

use crate::{
    args::LogFormat,
    colors,
    dev::terminal::{entry::Entry, events::Events, pretty::Pretty},
    observe::{Observed, ObservedKind, Observer},
};

/// So much may wait to be shown.
const QUEUE: usize = 4096;

/// How long the end of Lift waits for a terminal that stands still.
const PATIENCE: Duration = Duration::from_secs(2);

/// The thread looks at least so often whether something was missed.
const GLANCE: Duration = Duration::from_secs(1);

/// Starts to show things, in this format.
pub(crate) fn start(format: LogFormat) -> (Terminal, TerminalThread) {
    let (queue, seen) = mpsc::sync_channel(QUEUE);
    let (ended, end) = mpsc::channel();
    let missed = Arc::new(AtomicU64::new(0));
    let terminal = Terminal { queue, events: format != LogFormat::Off, missed: missed.clone() };
    let shown = TerminalThread { queue: terminal.queue.clone(), end };
    let pen = LineWriter::new(format);
    thread::spawn(move || {
        show(&seen, &missed, &pen);
        // Whoever waited may have given up.
        let _ = ended.send(());
    });
    (terminal, shown)
}

/// A witness that puts what it sees into the queue.
pub(crate) struct Terminal {
    queue: SyncSender<Option<Observed>>,
    /// Whether it shows events, and not only what the function writes.
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

/// The other end of the queue.
pub(crate) struct TerminalThread {
    queue: SyncSender<Option<Observed>>,
    end: Receiver<()>,
}

impl TerminalThread {
    /// Shows what waits, and nothing after it.
    pub(crate) fn end(self) {
        let until = Instant::now() + PATIENCE;
        // While the queue is full, there is no place for the last word either.
        while self.queue.try_send(None).is_err() {
            if Instant::now() > until {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        let _ = self.end.recv_timeout(until.saturating_duration_since(Instant::now()));
    }
}

fn show(seen: &Receiver<Option<Observed>>, missed: &AtomicU64, pen: &LineWriter) {
    let mut events = Events::default();
    let mut entries = Vec::new();
    let (mut open, started) = (true, Instant::now());
    let (mut total, mut failed) = (0_u64, 0_u64);
    while open {
        let wait = events.due().map(|due| due.saturating_duration_since(Instant::now()));
        let first = seen.recv_timeout(wait.unwrap_or(GLANCE).min(GLANCE));
        open = !matches!(first, Err(RecvTimeoutError::Disconnected));
        // All that waits by now is shown in one go.
        for one in first.into_iter().chain(seen.try_iter().take(QUEUE)) {
            match one {
                Some(seen) => events.see(Instant::now(), seen, &mut entries),
                None => open = false,
            }
        }
        match open {
            true => events.pass(Instant::now(), &mut entries),
            false => events.end(Instant::now(), &mut entries),
        }
        match missed.swap(0, Ordering::Relaxed) {
            0 => {}
            count => entries.push(Entry::Missed(count)),
        }
        for entry in &entries {
            if let Entry::Event(event) = entry {
                total += 1;
                failed += u64::from(event.failed());
            }
        }
        if !open && total > 0 {
            entries.push(Entry::Total { total, failed, took: started.elapsed() });
        }
        pen.write(&entries);
        entries.clear();
    }
}

/// How and where to write.
enum LineWriter {
    People { pretty: Pretty, colors: bool },
    Programs,
}

impl LineWriter {
    fn new(format: LogFormat) -> Self {
        match format {
            LogFormat::Json => Self::Programs,
            LogFormat::Pretty | LogFormat::Off => Self::People {
                pretty: Pretty::new(TimeZone::system()),
                colors: colors::on(&io::stderr()),
            },
        }
    }

    /// When nobody reads any more, there is nobody left to tell.
    fn write(&self, entries: &[Entry]) {
        if entries.is_empty() {
            return;
        }
        let mut text = String::new();
        match self {
            Self::Programs => {
                entries.iter().for_each(|entry| json::write(&mut text, entry));
                let mut stdout = io::stdout().lock();
                let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
            }
            Self::People { pretty, colors } => {
                entries.iter().for_each(|entry| pretty.write(&mut text, entry));
                if !colors {
                    text = anstream::adapter::strip_str(&text).to_string();
                }
                let _ = io::stderr().write_all(text.as_bytes());
            }
        }
    }
}
