//! A web page at `/_lift` beside a gateway: shows its events as they happen, and acts on its
//! connections.
//!
//! ```text
//! gateway events, log lines -> Inspector -> ring (bounded) -> mask -> feed -> page
//! ServerHandle <----------------- operations, replay <- token <- guard <------'
//! ```
//!
//! The gateway never waits for a page: events go into the ring under a short lock. They are masked
//! and written as JSON only when a page reads them.

mod assets;
mod connections;
mod entry;
mod error;
mod feed;
mod groups;
mod identities;
mod mask;
mod operations;
mod pages;
mod publish;
mod record;
mod recording;
mod replay;
mod ring;
mod rows;
mod starts;
mod state;
mod summary;
mod tables;
mod token;
mod users;

use std::{
    fmt, io,
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use lift_gateway::{GatewayEvent, GatewayEventKind, Id, InvokeError, LocalPages, OutcomeError};

pub use self::pages::PATH;
pub use self::rows::{
    Identity, PublishReport, Rows, RowsError, Stored, StoredItem, TablePage, Tables, Target,
    WriteRecording,
};
pub use self::state::Attached;
use self::{record::Record, state::InspectorState, token::Token};

/// The inspector of one gateway. Clones share it.
#[derive(Clone)]
pub struct Inspector(Arc<InspectorState>);

impl Inspector {
    /// An inspector of the app with this name. Its pages mask each text of `secrets`, and whatever
    /// has the name or the form of a secret.
    #[must_use]
    pub fn new(app: String, secrets: impl IntoIterator<Item = String>) -> Self {
        Self(Arc::new(InspectorState::new(app, secrets)))
    }

    /// Asks for this token from now on, in `?key=` or `Authorization: Bearer`. Without it, every program
    /// and browser of this machine can use the pages. Call it once, before the gateway runs.
    ///
    /// # Errors
    /// If the system gives no random numbers.
    pub fn require_token(&self, token: &str) -> io::Result<()> {
        let _ = self.0.token.set(Token::new(token)?);
        Ok(())
    }

    /// Gives it the gateway that serves its pages, and readers of what the app stores. Call it in a tokio
    /// runtime, before the gateway runs.
    pub fn attach(&self, attached: Attached) {
        if let Some(rows) = attached.rows.clone() {
            users::read_rows(self.0.users.clone(), rows, self.0.stop.clone());
        }
        self.0.attach(attached);
    }

    /// Shows these subprotocols, which the app declares. The pages mask all others that are not well known,
    /// because browsers send tokens as subprotocols. Only the first call counts.
    pub fn show_subprotocols(&self, names: Vec<String>) {
        self.0.mask.show_subprotocols(names);
    }

    /// Ends the feeds of open pages, so that the gateway can stop.
    pub fn stop(&self) {
        self.0.stop.cancel();
    }

    /// Its pages, for [`Settings::local_pages`](lift_gateway::Settings::local_pages).
    #[must_use]
    pub fn local_pages(&self) -> LocalPages {
        pages::local_pages(self.0.clone())
    }

    /// Keeps an event of the gateway. Does not block.
    pub fn event(&self, at: SystemTime, event: &GatewayEvent) {
        let Some(record) = Record::of(at, event) else { return };
        self.0.ring().push(record);
        if let GatewayEventKind::Opened(client) = &event.kind {
            self.0.users.opened(client.id);
        }
    }

    /// Keeps an event that is not of a connection: a schedule's, for example. `name` says of what, in place of a
    /// route key. Does not block.
    pub fn invoked(&self, at: SystemTime, invocation: Id, name: String, payload: Bytes) {
        self.0.ring().push(Record::invoked(at, invocation, name, payload));
    }

    /// Keeps the result of such an event, or why there is none, and the error that the result means. Does not
    /// block.
    pub fn answered(
        &self,
        at: SystemTime,
        invocation: Id,
        took: Duration,
        result: &Result<Bytes, InvokeError>,
        error: Option<&OutcomeError>,
    ) {
        let reply = Record::reply(at, took, result, error);
        self.0.ring().push(Record { invocation: Some(invocation), ..reply });
    }

    /// Keeps a line that a process of a function wrote. `invocation` is the invocation that it was
    /// working on, if any. Does not block.
    pub fn log_line(&self, at: SystemTime, process: u64, invocation: Option<Id>, text: &str) {
        self.0.ring().push(Record::log_line(at, process, invocation, text));
    }
}

impl fmt::Debug for Inspector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inspector").field("app", &self.0.app).finish_non_exhaustive()
    }
}

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
