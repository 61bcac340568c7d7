//! Reads a recording back.

use std::{collections::HashMap, fs, path::Path};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Answer, Header, Line, RecordedError, RecordedFailure, RecordedKind, VERSION};

/// A recording in memory.
#[derive(Debug)]
pub(crate) struct Recording {
    pub(crate) head: Header,
    pub(crate) lines: Vec<Line>,
    /// Why the recording has only a part of what happened, if it says so.
    pub(crate) incomplete: Option<String>,
}

/// The answer of a function, in a recording or in a replay.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RecordedAnswer<'a> {
    pub(crate) result: Result<&'a RawValue, &'a RecordedFailure>,
    /// The error that the reply means.
    pub(crate) error: Option<&'a RecordedError>,
}

impl Answer {
    pub(crate) fn borrow(&self) -> RecordedAnswer<'_> {
        RecordedAnswer { result: self.result.as_deref(), error: self.error.as_ref() }
    }
}

/// Reads the file at `path`. A last line that is cut off, as after a crash, is left out.
pub(crate) fn read(path: &Path) -> Result<Recording> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    parse(&text).with_context(|| format!("{} cannot be replayed", path.display()))
}

pub(super) fn parse(text: &str) -> Result<Recording> {
    #[derive(Deserialize)]
    struct Version {
        recording: u32,
    }
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let Ok(Version { recording }) = serde_json::from_str(first) else {
        bail!("the first line is not that of a recording: make one with `lift dev --record FILE`");
    };
    if recording != VERSION {
        bail!(
            "it has version {recording}, but this `lift` reads version {VERSION}: record it \
             again, or use the `lift` that wrote it"
        );
    }
    let head = serde_json::from_str(first).context("line 1")?;
    let mut read = Vec::<Line>::new();
    let mut incomplete = None;
    let mut lines = lines.enumerate().peekable();
    while let Some((index, line)) = lines.next() {
        match serde_json::from_str(line) {
            Ok(line) => read.push(line),
            Err(error) if error.is_eof() && lines.peek().is_none() => {
                incomplete = Some("its last line is cut off".to_owned());
            }
            Err(error) => return Err(error).with_context(|| format!("line {}", index + 2)),
        }
    }
    if let Some(RecordedKind::Incomplete { events, reason }) = read.last().map(|line| &line.kind) {
        incomplete = Some(format!("it stops after event {events}, because {reason}"));
    }
    Ok(Recording { head, lines: read, incomplete })
}

impl Recording {
    /// The answers by the number of their invocation.
    pub(crate) fn answers(&self) -> HashMap<u64, RecordedAnswer<'_>> {
        let mut answers = HashMap::new();
        for line in &self.lines {
            match &line.kind {
                RecordedKind::Reply { invocation, reply, error, .. } => {
                    let (result, error) = (Ok(&**reply), error.as_ref());
                    answers.insert(*invocation, RecordedAnswer { result, error });
                }
                RecordedKind::Failure { invocation, error, .. } => {
                    let result = Err(error);
                    answers.insert(*invocation, RecordedAnswer { result, error: None });
                }
                _ => {}
            }
        }
        answers
    }
}
