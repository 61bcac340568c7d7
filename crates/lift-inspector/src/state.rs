//! What the pages share: the entries, the mask, and the gateway that they act on.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use http::StatusCode;
use lift_gateway::ServerHandle;
use tokio_util::sync::CancellationToken;

use crate::{
    entry::{Entry, EntryView},
    error::PageError,
    identities::Identities,
    mask::Mask,
    ring::{Bounds, Ring},
    rows::{Rows, Tables, WriteRecording},
    starts::Starts,
    token::Token,
    users::Users,
};

/// The state of an inspector.
pub(crate) struct InspectorState {
    /// The name of the app, for the page's title.
    pub(crate) app: String,
    /// Identifies this run of the program: the entries of other runs have the same numbers.
    pub(crate) run: String,
    ring: Mutex<Ring>,
    pub(crate) mask: Mask,
    pub(crate) identities: Identities,
    pub(crate) users: Arc<Users>,
    pub(crate) starts: Starts,
    /// Set when the gateway is up.
    attached: OnceLock<Attached>,
    /// Set if the pages need a token.
    pub(crate) token: OnceLock<Token>,
    pub(crate) stop: CancellationToken,
}

/// What the pages show and act on.
pub struct Attached {
    /// The gateway that serves the pages.
    pub handle: ServerHandle,
    /// The gateway's stage, which is the path for WebSocket clients.
    pub stage: String,
    /// The rows of the connections. `None`: the app stores no connections.
    pub rows: Option<Arc<dyn Rows>>,
    /// The tables that the functions use.
    pub tables: Option<Arc<dyn Tables>>,
    /// Writes a recording of entries that a page exports.
    pub write_recording: Option<Arc<WriteRecording>>,
}

impl Attached {
    /// A gateway with this stage, of an app that stores nothing.
    #[must_use]
    pub fn new(handle: ServerHandle, stage: String) -> Self {
        Self { handle, stage, rows: None, tables: None, write_recording: None }
    }
}

impl fmt::Debug for Attached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attached").field("stage", &self.stage).finish_non_exhaustive()
    }
}

impl InspectorState {
    pub(crate) fn new(app: String, secrets: impl IntoIterator<Item = String>) -> Self {
        let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            app,
            run: format!("{:x}", started.as_micros()),
            ring: Mutex::new(Ring::new(Bounds::default())),
            mask: Mask::new(secrets),
            identities: Identities::default(),
            users: Arc::default(),
            starts: Starts::default(),
            attached: OnceLock::new(),
            token: OnceLock::new(),
            stop: CancellationToken::new(),
        }
    }

    /// Sets the gateway. Only the first one counts.
    pub(crate) fn attach(&self, attached: Attached) {
        let _ = self.attached.set(attached);
    }

    pub(crate) fn attached(&self) -> Result<&Attached, PageError> {
        let message = "the gateway is not up yet";
        let attached = self.attached.get();
        attached.ok_or_else(|| PageError::new(StatusCode::SERVICE_UNAVAILABLE, message))
    }

    pub(crate) fn handle(&self) -> Result<&ServerHandle, PageError> {
        Ok(&self.attached()?.handle)
    }

    pub(crate) fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An entry, if it is still in memory.
    pub(crate) fn entry(&self, number: u64) -> Result<Arc<Entry>, PageError> {
        let message = "this entry is no longer in memory: newer ones replaced it";
        self.ring().get(number).ok_or_else(|| PageError::new(StatusCode::GONE, message))
    }

    /// The whole entry, masked, with its user.
    pub(crate) fn whole<'a>(&self, entry: &'a Entry) -> EntryView<'a> {
        let user = entry.record.connection.map(|id| self.users.of(id)).unwrap_or_default();
        entry.whole(&self.mask, user)
    }

    /// The entry for the timeline: a long payload is cut.
    pub(crate) fn preview<'a>(&self, entry: &'a Entry) -> EntryView<'a> {
        self.whole(entry).cut()
    }
}
