//! What the pages share: the entries, the mask, and the gateway that they act on.

use std::{
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use http::StatusCode;
use lift_gateway::ServerHandle;
use tokio_util::sync::CancellationToken;

use crate::{
    entry::Entry,
    error::PageError,
    identities::Identities,
    mask::Mask,
    ring::{Bounds, Ring},
    rows::Rows,
    token::Token,
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
    /// Set when the gateway is up.
    attached: OnceLock<Attached>,
    /// Set if the pages need a token.
    pub(crate) token: OnceLock<Token>,
    pub(crate) stop: CancellationToken,
}

/// The gateway that serves the pages, and the rows of its connections.
pub(crate) struct Attached {
    pub(crate) handle: ServerHandle,
    /// `None`: the app stores no connections.
    pub(crate) rows: Option<Arc<dyn Rows>>,
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
            attached: OnceLock::new(),
            token: OnceLock::new(),
            stop: CancellationToken::new(),
        }
    }

    /// Sets the gateway. Only the first one counts.
    pub(crate) fn attach(&self, handle: ServerHandle, rows: Option<Arc<dyn Rows>>) {
        let _ = self.attached.set(Attached { handle, rows });
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
}
