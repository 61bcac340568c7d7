//! Writes a recording while the app runs: gateway events come from the gateway's tasks, and a thread writes
//! them to the file.

use std::{
    collections::HashMap,
    fs::{File, OpenOptions},
    io::{self, BufWriter, Write},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    thread::{self, JoinHandle},
    time::{Duration, SystemTime},
};

use anyhow::{Context as _, Result};

use super::{Header, Line, RecordedKind, VERSION};
use crate::observe::{Observed, ObservedKind, Observer};

/// The longest time that a line waits in memory.
const FLUSH_INTERVAL: Duration = Duration::from_millis(200);

/// A recording that is being written. Nothing is dropped: lines wait in memory for the disk.
pub(crate) struct Recorder {
    path: PathBuf,
    lines: Sender<Option<Observed>>,
    writer: JoinHandle<io::Result<u64>>,
}

/// The observer that fills a recording.
pub(crate) struct RecordingObserver(Sender<Option<Observed>>);

impl Observer for RecordingObserver {
    fn observe(&self, observed: &Observed) {
        if matches!(observed.kind, ObservedKind::Gateway(_)) {
            // Fails if the writer has failed, which `Recorder::end` reports.
            let _ = self.0.send(Some(observed.clone()));
        }
    }
}

impl Recorder {
    /// Starts a recording in a new file. Only its owner can read it, because it contains tokens.
    pub(crate) fn start(path: &Path, app: &str, stage: &str) -> Result<Self> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let mut file = match file {
            Ok(file) => BufWriter::new(file),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                anyhow::bail!("{} exists already: pass another file, or remove it", path.display())
            }
            Err(error) => {
                return Err(error).with_context(|| format!("cannot record to {}", path.display()));
            }
        };
        let head = Header { recording: VERSION, app: app.to_owned(), stage: stage.to_owned() };
        write_line(&mut file, &head)?;
        let (lines, observed) = mpsc::channel();
        let writer = thread::spawn(move || write(file, &observed));
        Ok(Self { path: path.to_owned(), lines, writer })
    }

    /// The observer that fills the recording.
    pub(crate) fn observer(&self) -> RecordingObserver {
        RecordingObserver(self.lines.clone())
    }

    /// Ends the recording, and returns a sentence with its number of events.
    pub(crate) fn end(self) -> Result<String> {
        let Self { path, lines, writer } = self;
        // Fails if the writer has failed; then `join` returns why.
        let _ = lines.send(None);
        let written = writer.join().map_err(|_| anyhow::anyhow!("the recorder panicked"))?;
        let shown = path.display();
        let events = written.with_context(|| format!("the recording {shown} is not complete"))?;
        Ok(format!("recorded {events} events to {shown}"))
    }
}

/// Writes until `None` comes. Returns the number of events.
fn write(mut file: BufWriter<File>, observed: &Receiver<Option<Observed>>) -> io::Result<u64> {
    let mut numbers = HashMap::new();
    let mut events = 0;
    loop {
        let seen = match observed.recv_timeout(FLUSH_INTERVAL) {
            Ok(Some(seen)) => seen,
            Err(RecvTimeoutError::Timeout) => {
                file.flush()?;
                continue;
            }
            Ok(None) | Err(RecvTimeoutError::Disconnected) => break,
        };
        let ObservedKind::Gateway(event) = seen.kind else { continue };
        let answered = matches!(event.kind, lift_gateway::GatewayEventKind::Answered { .. });
        let number = |invocation: lift_gateway::Id| match answered {
            true => numbers.remove(&invocation).unwrap_or_default(),
            false => {
                events += 1;
                numbers.insert(invocation, events);
                events
            }
        };
        let Some(kind) = RecordedKind::of_gateway(event.kind, number) else { continue };
        let at = seen.at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let at = u64::try_from(at.as_millis()).unwrap_or(u64::MAX);
        write_line(&mut file, &Line { at, connection: event.connection.to_string(), kind })?;
    }
    file.flush()?;
    Ok(events)
}

fn write_line(file: &mut BufWriter<File>, line: &impl serde::Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *file, line)?;
    file.write_all(b"\n")
}
