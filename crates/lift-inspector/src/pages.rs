//! The routes of the pages, the check of each request, and the headers of each response.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    routing::{get, post},
};
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use lift_gateway::{Guard, LocalPages, PageBody};
use tower::ServiceExt as _;

use crate::{
    assets, connections, feed, groups, operations, publish, recording, replay,
    state::InspectorState,
    tables,
    token::{self, Access},
};

/// The path of the page.
pub const PATH: &str = "/_lift";

pub(crate) fn local_pages(state: Arc<InspectorState>) -> LocalPages {
    let pages = router(state.clone());
    LocalPages::new(Guard::tool_pages(), move |request| {
        let (pages, state) = (pages.clone(), state.clone());
        async move {
            let request = request.into_request();
            let access =
                state.token.get().map_or(Access::Granted, |token| token.check(PATH, &request));
            let mut response = match access {
                // A router's error type has no values.
                Access::Granted => pages.oneshot(request.map(Body::new)).await.unwrap_or_default(),
                Access::SignIn(cookie) => token::sign_in(PATH, cookie),
                Access::Denied => unauthorized(),
            };
            response.headers_mut().extend(headers());
            response.map(|body| PageBody::new(body.map_err(std::io::Error::other)))
        }
    })
}

fn router(state: Arc<InspectorState>) -> Router {
    Router::new()
        .route("/_lift", get(assets::page))
        .route("/_lift/page/{file}", get(assets::file))
        .route("/_lift/feed", get(feed::feed))
        .route("/_lift/entries/{id}", get(feed::entry))
        .route("/_lift/connections", get(connections::all))
        .route("/_lift/connections/{id}", get(connections::one))
        .route("/_lift/connections/{id}/send", post(operations::send))
        .route("/_lift/connections/{id}/post", post(operations::post))
        .route("/_lift/connections/{id}/disconnect", post(operations::disconnect))
        .route("/_lift/connections/{id}/advance", post(operations::advance))
        .route("/_lift/replay", post(replay::replay))
        .route("/_lift/publish", post(publish::publish))
        .route("/_lift/groups", get(groups::groups))
        .route("/_lift/tables", get(tables::names))
        .route("/_lift/tables/{table}", get(tables::rows))
        .route("/_lift/recording", post(recording::export))
        .with_state(state)
}

fn unauthorized() -> Response<Body> {
    const HELP: &str = "The inspector needs a token, because other machines can reach this gateway.\n\
                        Open the inspector's URL of the ready block, which ends with ?key=TOKEN, or send \
                        `Authorization: Bearer TOKEN`.\n";
    let mut response = Response::new(Body::from(HELP));
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

/// The pages load nothing from other sites, cannot be framed, and are not cached.
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
