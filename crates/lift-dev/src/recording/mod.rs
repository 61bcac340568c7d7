//! A recording: the events of a gateway in order, one JSON object per line. `lift dev --record` writes it,
//! `lift replay` reads it, and other tools can: the field `event` of a line is the API Gateway event.

mod line;
mod queue;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

pub(crate) use self::line::{
    Answer, Header, Line, MessageText, RecordedError, RecordedFailure, RecordedKind, RecordedSource,
};
pub(crate) use self::reader::{RecordedAnswer, Recording, read};
pub(crate) use self::writer::{Recorder, export};

/// The version of the format, which the first line names.
const VERSION: u32 = 1;
