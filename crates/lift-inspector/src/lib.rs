//! The inspector: a page at `/_lift` that shows what happens on the gateway, and acts on connections.
//!
//! ```text
//! gateway, function -> Witness -> ring (bounded) -> feed -> page
//!                                    '- mask -----'          |
//! gateway <- Control <------- acts, replay <- guard <--------'
//! ```
//!
//! Nobody waits for it: what is seen goes into the ring under a lock that is held for an instant, and
//! is masked and written as JSON only for a page that asks.

mod acts;
mod assets;
mod connections;
mod entry;
mod failure;
mod feed;
mod guard;
mod identities;
mod mask;
mod replay;
mod ring;
mod rows;
mod summary;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{
    Router,
    body::Body,
    routing::{get, post},
};
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use lift_gateway::{GatewayEvent, Id, LocalPages, PageBody, ServerHandle};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

pub use self::rows::{Identity, Rows, RowsError, Stored, StoredItem};
use self::{
    entry::Note,
    failure::Failure,
    identities::Identities,
    mask::Mask,
    ring::{Bounds, Ring},
};

/// Where its page is.
pub const PATH: &str = "/_lift";

/// The inspector. Clones are the same.
#[derive(Clone)]
pub struct Inspector(Arc<Inner>);

struct Inner {
    /// What the page's title says.
    app: String,
    /// Tells this run of the program from others, whose entries have the same numbers.
    run: String,
    ring: Mutex<Ring>,
    mask: Mask,
    identities: Identities,
    /// What it works with, once that is up.
    hands: OnceLock<Hands>,
    stop: CancellationToken,
}

/// What the inspector works with.
struct Hands {
    handle: ServerHandle,
    /// Where the app keeps its connections, if it does.
    rows: Option<Arc<dyn Rows>>,
}

impl Inspector {
    /// An inspector that sees, but is not at work yet. What is in `secrets` is shown nowhere.
    #[must_use]
    pub fn new(app: String, secrets: impl IntoIterator<Item = String>) -> Self {
        let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(Arc::new(Inner {
            app,
            run: format!("{:x}", started.as_micros()),
            ring: Mutex::new(Ring::new(Bounds::default())),
            mask: Mask::new(secrets),
            identities: Identities::default(),
            hands: OnceLock::new(),
            stop: CancellationToken::new(),
        }))
    }

    /// Gives it the handle of the gateway that serves its pages, before that accepts connections.
    pub fn attach(&self, handle: ServerHandle, rows: Option<Arc<dyn Rows>>) {
        // There is one gateway; a second would be ignored.
        let _ = self.0.hands.set(Hands { handle, rows });
    }

    /// Lets go of the pages that listen, so that the gateway need not wait for them.
    pub fn stop(&self) {
        self.0.stop.cancel();
    }

    /// Its pages.
    #[must_use]
    pub fn local_pages(&self) -> LocalPages {
        let pages = self.pages();
        LocalPages::new(move |peer, request| {
            let pages = pages.clone();
            async move {
                let mut response = match guard::check(peer, &request) {
                    // A router's error type has no values.
                    Ok(()) => pages.oneshot(request.map(Body::new)).await.unwrap_or_default(),
                    Err(words) => refusal(words),
                };
                response.headers_mut().extend(headers());
                response.map(|body| PageBody::new(body.map_err(std::io::Error::other)))
            }
        })
    }

    /// Keeps an event of the gateway. Does not block.
    pub fn event(&self, at: SystemTime, event: &GatewayEvent) {
        if let Some(note) = Note::of(at, event) {
            self.ring().push(note);
        }
    }

    /// Keeps a line that a process of a function wrote. `invocation` is the invocation that it was
    /// working on, if any. Does not block.
    pub fn log_line(&self, at: SystemTime, process: u64, invocation: Option<Id>, text: &str) {
        self.ring().push(Note::line(at, process, invocation, text));
    }

    fn pages(&self) -> Router {
        Router::new()
            .route(PATH, get(assets::page))
            .route("/_lift/page/{file}", get(assets::file))
            .route("/_lift/feed", get(feed::feed))
            .route("/_lift/entries/{id}", get(feed::entry))
            .route("/_lift/connections", get(connections::all))
            .route("/_lift/connections/{id}", get(connections::one))
            .route("/_lift/connections/{id}/send", post(acts::send))
            .route("/_lift/connections/{id}/post", post(acts::post))
            .route("/_lift/connections/{id}/disconnect", post(acts::disconnect))
            .route("/_lift/connections/{id}/advance", post(acts::advance))
            .route("/_lift/replay", post(replay::replay))
            .with_state(self.clone())
    }

    fn hands(&self) -> Result<&Hands, Failure> {
        let words = "the gateway is not up yet";
        let hands = self.0.hands.get();
        hands.ok_or_else(|| Failure::new(StatusCode::SERVICE_UNAVAILABLE, words))
    }

    fn handle(&self) -> Result<&ServerHandle, Failure> {
        Ok(&self.hands()?.handle)
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.0.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Inspector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inspector").field("app", &self.0.app).finish_non_exhaustive()
    }
}

fn refusal(words: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(format!("{words}\n")));
    *response.status_mut() = StatusCode::FORBIDDEN;
    response
}

/// Nothing comes from elsewhere, nobody frames the page, and what it shows is kept by no cache.
fn headers() -> [(HeaderName, HeaderValue); 5] {
    const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                          connect-src 'self'; base-uri 'none'; form-action 'none'; \
                          frame-ancestors 'none'";
    [
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            HeaderValue::from_static("same-origin"),
        ),
    ]
}

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
