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
mod summary;
#[cfg(test)]
mod tests;

use std::{
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
use lift_aws::DynamoStore;
use lift_gateway::{Control, PageBody, Site};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use self::{
    entry::Note,
    failure::Failure,
    identities::Identities,
    mask::Mask,
    ring::{Bounds, Ring},
};
use crate::observe::{Observed, Observer};

/// Where its page is.
pub(crate) const PATH: &str = "/_lift";

/// The inspector. Clones are the same.
#[derive(Clone)]
pub(crate) struct Inspector(Arc<Inner>);

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
    control: Control,
    /// Where the app keeps its connections, if it does.
    store: Option<DynamoStore>,
}

impl Inspector {
    /// An inspector that sees, but is not at work yet. What is in `secrets` is shown nowhere.
    pub(crate) fn new(app: String, secrets: impl IntoIterator<Item = String>) -> Self {
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

    /// Gives it a hand on the gateway that its pages are part of, before that serves anybody.
    pub(crate) fn attach(&self, control: Control, store: Option<DynamoStore>) {
        // There is one gateway; a second would be ignored.
        let _ = self.0.hands.set(Hands { control, store });
    }

    /// Lets go of the pages that listen, so that the gateway need not wait for them.
    pub(crate) fn stop(&self) {
        self.0.stop.cancel();
    }

    /// Its pages.
    pub(crate) fn site(&self) -> Site {
        let pages = self.pages();
        Site::new(move |peer, request| {
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

    fn control(&self) -> Result<&Control, Failure> {
        Ok(&self.hands()?.control)
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.0.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Inspector {
    fn observe(&self, seen: &Observed) {
        if let Some(note) = Note::of(seen) {
            self.ring().push(note);
        }
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
