//! Writes a recording while the app runs: gateway events come from the gateway's tasks, and a thread writes
//! them to the file.

use std::{
    collections::HashMap,
    error::Error,
    fs::OpenOptions,
    io::{self, BufWriter, Write},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    thread::{self, JoinHandle},
    time::{Duration, SystemTime},
};

use anyhow::{Context as _, Result, bail};
use lift_gateway::{GatewayEvent, GatewayEventKind};
use lift_invoke::InvocationEventKind;

use super::{
    Header, Line, RecordedKind,
    queue::{Item, Queue, RecordingObserver, Stopped, queue},
};
use crate::observe::{Observed, ObservedKind};

/// The longest time that a line waits in memory while the disk is fast enough.
const FLUSH_INTERVAL: Duration = Duration::from_millis(200);

/// The most bytes of events that wait for the disk.
const MOST_WAITING: usize = 64_000_000;

/// The room that a limited file keeps for the line that says that it is incomplete.
const LAST_LINE: u64 = 256;

/// A recording that is being written. What waits for the disk waits in memory, up to a limit.
pub(crate) struct Recorder {
    shown: String,
    observer: RecordingObserver,
    writer: JoinHandle<io::Result<Written>>,
}

/// What a recording has at its end.
struct Written {
    events: u64,
    stopped: Option<Stopped>,
}

impl Recorder {
    /// Starts a recording in a new file, of at most `limit` bytes. Only its owner can read it, because it
    /// contains tokens.
    pub(crate) fn start(path: &Path, app: &str, stage: &str, limit: Option<u64>) -> Result<Self> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let file = match file {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                bail!("{} exists already: pass another file, or remove it", path.display())
            }
            Err(error) => {
                return Err(error).with_context(|| format!("cannot record to {}", path.display()));
            }
        };
        let head = Header::new(app.to_owned(), stage);
        Self::to(file, path.display().to_string(), &head, limit)
    }

    /// Starts a recording in `output`, which messages call `shown`.
    pub(super) fn to(
        output: impl Write + Send + 'static,
        shown: String,
        head: &Header,
        limit: Option<u64>,
    ) -> Result<Self> {
        let limit = limit.unwrap_or(u64::MAX);
        let mut output = Output { buffer: BufWriter::new(output), size: 0, limit };
        output.line(&serde_json::to_vec(head)?)?;
        let (observer, queue) = queue(&shown, MOST_WAITING);
        let writer = thread::spawn(move || {
            let (mut writing, mut events) = (output, 0);
            let written = write(&mut writing, &queue, &mut events);
            if let Err(error) = &written {
                queue.stop(events, error);
            }
            written
        });
        Ok(Self { shown, observer, writer })
    }

    /// The observer that fills the recording.
    pub(crate) fn observer(&self) -> RecordingObserver {
        self.observer.clone()
    }

    /// Ends the recording, and returns a sentence with its number of events. Fails if it is incomplete.
    pub(crate) fn end(self) -> Result<String> {
        let Self { shown, observer, writer } = self;
        observer.end();
        let written = writer.join().map_err(|_| anyhow::anyhow!("the recorder panicked"))?;
        let written = written.with_context(|| format!("the recording {shown} is incomplete"))?;
        match written {
            Written { events, stopped: None } => Ok(format!("recorded {events} events to {shown}")),
            Written { events, stopped: Some(stopped) } => {
                bail!(
                    "the recording {shown} is incomplete: it stops after event {events}, because {stopped}"
                )
            }
        }
    }
}

/// A recording of gateway events that were kept with their times.
pub(crate) fn export(
    head: &Header,
    events: Vec<(SystemTime, GatewayEvent)>,
) -> Result<Vec<u8>, Box<dyn Error + Send + Sync>> {
    let mut output = Output { buffer: BufWriter::new(Vec::new()), size: 0, limit: u64::MAX };
    output.line(&serde_json::to_vec(head)?)?;
    let (mut numbers, mut count) = (HashMap::new(), 0);
    for (at, event) in events {
        let observed = Observed { at, kind: ObservedKind::Gateway(event) };
        if let Some(line) = line(observed, &mut numbers, &mut count) {
            output.line(&serde_json::to_vec(&line)?)?;
        }
    }
    Ok(output.buffer.into_inner()?)
}

/// The file, with its size.
struct Output<W: Write> {
    buffer: BufWriter<W>,
    size: u64,
    limit: u64,
}

impl<W: Write> Output<W> {
    fn line(&mut self, text: &[u8]) -> io::Result<()> {
        self.size += text.len() as u64 + 1;
        self.buffer.write_all(text)?;
        self.buffer.write_all(b"\n")
    }

    /// Whether a line fits into the file, with one after it that says that it is incomplete.
    fn has_room_for(&self, text: &[u8]) -> bool {
        self.size + text.len() as u64 + LAST_LINE <= self.limit
    }
}

/// Writes until the end of the recording.
fn write<W: Write>(output: &mut Output<W>, queue: &Queue, events: &mut u64) -> io::Result<Written> {
    let mut numbers = HashMap::new();
    let stopped = loop {
        match queue.next(FLUSH_INTERVAL) {
            None => output.buffer.flush()?,
            Some(Item::Event(observed, size)) => {
                let before = *events;
                if let Some(line) = line(*observed, &mut numbers, events) {
                    let text = serde_json::to_vec(&line)?;
                    if !output.has_room_for(&text) {
                        *events = before;
                        let stopped = Stopped::Size(output.limit);
                        queue.stop(*events, stopped);
                        break Some(stopped);
                    }
                    output.line(&text)?;
                }
                queue.written(size);
            }
            Some(Item::Stopped(stopped)) => break Some(stopped),
            Some(Item::End) => break None,
        }
    };
    if let Some(stopped) = stopped {
        let kind = RecordedKind::Incomplete { events: *events, reason: stopped.to_string() };
        let line = Line { at: millis(SystemTime::now()), connection: String::new(), kind };
        output.line(&serde_json::to_vec(&line)?)?;
    }
    output.buffer.flush()?;
    Ok(Written { events: *events, stopped })
}

/// The line for an event, if it is recorded. `events` counts the invocations.
fn line(
    observed: Observed,
    numbers: &mut HashMap<lift_gateway::Id, u64>,
    events: &mut u64,
) -> Option<Line> {
    let at = millis(observed.at);
    let mut number = |invocation: lift_gateway::Id, is_answer| match is_answer {
        true => numbers.remove(&invocation).unwrap_or_default(),
        false => {
            *events += 1;
            numbers.insert(invocation, *events);
            *events
        }
    };
    match observed.kind {
        ObservedKind::Gateway(event) => {
            let is_answer = matches!(event.kind, GatewayEventKind::Answered { .. });
            let kind = RecordedKind::of_gateway(event.kind, |id| number(id, is_answer))?;
            Some(Line { at, connection: event.connection.to_string(), kind })
        }
        ObservedKind::Invocation(event) => {
            let is_answer = matches!(event.kind, InvocationEventKind::Answered { .. });
            let id = event.invocation;
            let kind = RecordedKind::of_invocation(event.kind, || number(id, is_answer))?;
            Some(Line { at, connection: String::new(), kind })
        }
        ObservedKind::Line { .. } => None,
    }
}

fn millis(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
