//! Writes a recording while the app runs: happenings come in from the gateway's tasks, a thread of
//! its own puts them on disk.

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

use super::{Head, Line, VERSION, What};
use crate::observe::{Observed, ObservedKind, Observer};

/// So long a line may wait in memory for others.
const PATIENCE: Duration = Duration::from_millis(200);

/// A recording that is being written. It loses nothing: what waits for the disk waits in memory.
pub(crate) struct Recorder {
    path: PathBuf,
    lines: Sender<Option<Observed>>,
    writer: JoinHandle<io::Result<u64>>,
}

/// What tells the recorder.
pub(crate) struct RecordingObserver(Sender<Option<Observed>>);

impl Observer for RecordingObserver {
    fn observe(&self, observed: &Observed) {
        if matches!(observed.kind, ObservedKind::Gateway(_)) {
            // A recorder that failed says so at the end.
            let _ = self.0.send(Some(observed.clone()));
        }
    }
}

impl Recorder {
    /// Starts a recording in a new file, which only its owner can read: it holds tokens as they were
    /// sent.
    pub(crate) fn start(path: &Path, app: &str, stage: &str) -> Result<Self> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let mut file = match file {
            Ok(file) => BufWriter::new(file),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                anyhow::bail!(
                    "{} is there already: name another file, or remove it",
                    path.display()
                )
            }
            Err(error) => {
                return Err(error).with_context(|| format!("cannot record to {}", path.display()));
            }
        };
        let head = Head { recording: VERSION, app: app.to_owned(), stage: stage.to_owned() };
        write_line(&mut file, &head)?;
        let (lines, observed) = mpsc::channel();
        let writer = thread::spawn(move || write(file, &observed));
        Ok(Self { path: path.to_owned(), lines, writer })
    }

    /// The witness that fills the recording.
    pub(crate) fn observer(&self) -> RecordingObserver {
        RecordingObserver(self.lines.clone())
    }

    /// Ends the recording with what was heard until now, and says how many events it has.
    pub(crate) fn end(self) -> Result<String> {
        let Self { path, lines, writer } = self;
        // When the writer failed, `join` says why.
        let _ = lines.send(None);
        let written = writer.join().map_err(|_| anyhow::anyhow!("the recorder panicked"))?;
        let shown = path.display();
        let events = written.with_context(|| format!("the recording {shown} is not complete"))?;
        Ok(format!("recorded {events} events to {shown}"))
    }
}

/// Writes until it is told that this is all; answers how many events there were.
fn write(mut file: BufWriter<File>, observed: &Receiver<Option<Observed>>) -> io::Result<u64> {
    let mut numbers = HashMap::new();
    let mut events = 0;
    loop {
        let seen = match observed.recv_timeout(PATIENCE) {
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
        let Some(what) = What::told(event.kind, number) else { continue };
        let at = seen.at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let at = u64::try_from(at.as_millis()).unwrap_or(u64::MAX);
        write_line(&mut file, &Line { at, connection: event.connection.to_string(), what })?;
    }
    file.flush()?;
    Ok(events)
}

fn write_line(file: &mut BufWriter<File>, line: &impl serde::Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *file, line)?;
    file.write_all(b"\n")
}
