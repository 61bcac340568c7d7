//! A recording: what happened on a gateway, one JSON object on each line, in the order in which it
//! happened. Written by `lift dev --record`, read by `lift replay`, and plain enough for other
//! tools: the `event` of a line is the event as the function got it.

mod line;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

pub(crate) use self::line::{Failure, Head, Line, Source, Text, What, outcome};
pub(crate) use self::reader::{Answer, Recording, read};
pub(crate) use self::writer::Recorder;

/// The version of the format, which the first line names.
const VERSION: u32 = 1;
