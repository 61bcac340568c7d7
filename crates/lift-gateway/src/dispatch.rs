//! Routes each HTTP request to the handshake, the `@connections` API or a page.

use std::{borrow::Cow, io, net::SocketAddr, sync::Arc};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Either, Full};
use hyper::body::Incoming;
use percent_encoding::percent_decode_str;

use crate::{
    LocalPages, PageBody, client_socket::OverTls, gateway::Gateway, handshake, management, page,
    response, response::ApiResponse,
};

/// The resource of a path.
#[derive(Debug, PartialEq, Eq)]
enum Target<'a> {
    Root,
    About,
    Stage,
    /// AWS does not document what it does with such a path.
    BelowStage,
    /// A connection of `@connections`. `None` if the path has another stage or none.
    Connection(Option<Cow<'a, str>>),
    Unknown,
}

/// A response of the API or of a local page.
pub(crate) type Body = Either<Full<Bytes>, PageBody>;

pub(crate) async fn handle(
    gateway: Arc<Gateway>,
    peer: SocketAddr,
    request: Request<Incoming>,
) -> Response<Body> {
    match &gateway.settings.local_pages {
        Some(pages) if LocalPages::owns(request.uri().path()) => {
            let request = request.map(|body| PageBody::new(body.map_err(io::Error::other)));
            match pages.guard.check(peer, request) {
                Ok(request) => pages.respond(request).await.map(Either::Right),
                Err(refusal) => refusal.response().map(Either::Left),
            }
        }
        _ => respond(gateway, peer, request).await.map(Either::Left),
    }
}

async fn respond(
    gateway: Arc<Gateway>,
    peer: SocketAddr,
    request: Request<Incoming>,
) -> ApiResponse {
    let url = request.uri().path_and_query().map_or("", |url| url.as_str());
    if url.len() > gateway.settings.limits.url_bytes {
        return response::refusal(StatusCode::URI_TOO_LONG);
    }
    let path = request.uri().path().to_owned();
    let target = target(&path, &gateway.settings.stage);
    if let Target::Connection(id) = target {
        return match gateway.connections_guard.check(peer, request) {
            Ok(request) => management::handle(&gateway, id.as_deref(), request).await,
            Err(refusal) => management::refuse(refusal),
        };
    }
    if request.headers().contains_key(header::UPGRADE) {
        return match target {
            Target::Stage => handshake::handle(&gateway, peer, request).await,
            Target::BelowStage => {
                let status = StatusCode::from_u16(gateway.settings.undocumented.extra_path_status);
                response::refusal(status.unwrap_or(StatusCode::FORBIDDEN))
            }
            _ => response::refusal(StatusCode::FORBIDDEN),
        };
    }
    let read = matches!(*request.method(), Method::GET | Method::HEAD);
    match target {
        Target::Root if read => page::index(&gateway.settings).await,
        Target::About if read => {
            let is_tls = request.extensions().get::<OverTls>().is_some();
            let scheme = if is_tls { "wss" } else { "ws" };
            page::about(&gateway.settings, request.headers(), scheme, gateway.port)
        }
        Target::Stage => {
            let help = "This URL accepts only WebSocket connections: use a WebSocket client.\n";
            let mut response = response::text(StatusCode::UPGRADE_REQUIRED, help);
            let websocket = http::HeaderValue::from_static("websocket");
            response.headers_mut().insert(header::UPGRADE, websocket);
            response
        }
        _ => {
            let stage = &gateway.settings.stage;
            let help = format!("There is nothing here. The WebSocket is at /{stage}.\n");
            response::text(StatusCode::NOT_FOUND, help)
        }
    }
}

/// Clients send `@` raw or as `%40`, and the `=` of an id as `%3D`, so segments are decoded first.
fn target<'a>(path: &'a str, stage: &str) -> Target<'a> {
    let mut segments = path.strip_prefix('/').unwrap_or(path).split('/').map(decode);
    let parts = [segments.next(), segments.next(), segments.next(), segments.next()];
    match parts.each_ref().map(|part| part.as_deref()) {
        [Some(""), None, ..] => Target::Root,
        [Some(first), None | Some(""), None, _] if first == stage => Target::Stage,
        [Some("lift.json"), None, ..] => Target::About,
        [Some(first), Some("@connections"), Some(_), None] => {
            let ours = first == stage;
            let [_, _, id, _] = parts;
            Target::Connection(id.filter(|_| ours))
        }
        [Some("@connections"), Some(_), None, _] => Target::Connection(None),
        [Some(first), Some(_), ..] if first == stage => Target::BelowStage,
        _ => Target::Unknown,
    }
}

fn decode(segment: &str) -> Cow<'_, str> {
    percent_decode_str(segment).decode_utf8_lossy()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_what_aws_says_they_name() {
        let id = |id: &'static str| Target::Connection(Some(id.into()));
        let table = [
            ("/", Target::Root),
            ("/lift.json", Target::About),
            ("/prod", Target::Stage),
            ("/prod/", Target::Stage),
            ("/prod/x", Target::BelowStage),
            ("/prod//", Target::BelowStage),
            ("/Prod", Target::Unknown),
            ("/prod/@connections/a=", id("a=")),
            ("/prod/%40connections/a%3D", id("a=")),
            ("/prod/@connections/a%2Fb", id("a/b")),
            ("/other/@connections/a=", Target::Connection(None)),
            ("/@connections/a=", Target::Connection(None)),
            ("/prod/@connections", Target::BelowStage),
            ("/prod/@connections/a/b", Target::BelowStage),
        ];
        for (path, named) in table {
            assert_eq!(target(path, "prod"), named, "{path}");
        }
    }
}
