//! An entry of the timeline: a numbered record, and how a page gets it.

use std::time::{SystemTime, UNIX_EPOCH};

use lift_gateway::Id;
use serde::Serialize;

use crate::{
    mask::Mask,
    record::{EntryKind, Record},
    rows::Identity,
    summary,
};

/// The longest payload in the timeline, in bytes. A page that reads the entry gets all of it.
const PREVIEW_BYTES: usize = 2 * 1024;

/// The approximate size of an entry without its payload, in bytes.
const OVERHEAD_BYTES: usize = 256;

/// A numbered record.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) number: u64,
    pub(crate) record: Record,
}

impl Entry {
    /// Its approximate size in bytes.
    pub(crate) fn size(&self) -> usize {
        let Record { note, route, data, .. } = &self.record;
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        OVERHEAD_BYTES + data.len() + text(note) + text(route)
    }

    /// The whole entry, with the user of its connection.
    pub(crate) fn whole(&self, mask: &Mask, identity: Identity) -> EntryView<'_> {
        let record = &self.record;
        let code = record.code.or_else(|| status(record.kind, &record.data));
        let text = mask.text(&String::from_utf8_lossy(&record.data));
        EntryView {
            id: self.number,
            at: millis(record.at),
            kind: record.kind,
            connection: record.connection.as_ref().map(Id::as_str),
            user: identity.user,
            tenant: identity.tenant,
            event: record.event,
            route: record.route.as_deref(),
            code,
            took: record.took.map(|took| took.as_secs_f64() * 1000.0),
            note: record.note.as_deref().map(|note| mask.text(note)),
            error: record.error.as_ref().map(|error| ErrorView {
                code: &error.code,
                message: mask.text(&error.message),
                internal: error.is_internal,
            }),
            failed: record.failed,
            bytes: record.data.len(),
            summary: summary::of(record.kind, &text),
            text,
            cut: false,
        }
    }
}

/// An entry as a page gets it, masked.
#[derive(Debug, Serialize)]
pub(crate) struct EntryView<'a> {
    id: u64,
    /// Milliseconds since 1970.
    at: f64,
    kind: EntryKind,
    connection: Option<&'a str>,
    user: Option<String>,
    tenant: Option<String>,
    /// Of a reply and of a log line: the event's id.
    event: Option<u64>,
    route: Option<&'a str>,
    /// A status, or a close code.
    code: Option<u16>,
    /// Milliseconds.
    took: Option<f64>,
    note: Option<String>,
    /// Of a reply: the error that it means.
    error: Option<ErrorView<'a>>,
    failed: bool,
    bytes: usize,
    summary: Option<String>,
    text: String,
    cut: bool,
}

/// The error that a reply means.
#[derive(Debug, Serialize)]
struct ErrorView<'a> {
    code: &'a str,
    message: String,
    internal: bool,
}

impl EntryView<'_> {
    /// Cuts a long payload.
    pub(crate) fn cut(mut self) -> Self {
        if self.text.len() > PREVIEW_BYTES {
            self.text.truncate(self.text.floor_char_boundary(PREVIEW_BYTES));
            self.cut = true;
        }
        self
    }
}

/// The status code of a reply.
fn status(kind: EntryKind, reply: &[u8]) -> Option<u16> {
    #[derive(serde::Deserialize)]
    struct Status {
        #[serde(rename = "statusCode")]
        code: u16,
    }
    let is_reply = kind == EntryKind::Reply;
    is_reply
        .then(|| serde_json::from_slice::<Status>(reply).ok())
        .flatten()
        .map(|status| status.code)
}

fn millis(at: SystemTime) -> f64 {
    at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64() * 1000.0
}
