//! The HTTP pages beside the WebSocket: the app's page at `/`, and `/lift.json` with the WebSocket's URL.

use http::{HeaderMap, StatusCode, header};

use crate::{Settings, response, response::ApiResponse};

/// `GET /`: the app's page. It is read for each request, so an edit shows at the next reload.
pub(crate) async fn index(settings: &Settings) -> ApiResponse {
    let Some(path) = &settings.index else {
        let help = format!(
            "This is a local API Gateway. Connect a WebSocket to /{0}, or POST to \
             /{0}/@connections/{{id}}. There is no page to show.\n",
            settings.stage
        );
        return response::text(StatusCode::NOT_FOUND, help);
    };
    match tokio::fs::read(path).await {
        Ok(page) => response::with(StatusCode::OK, "text/html; charset=utf-8", page),
        Err(error) => {
            tracing::warn!(?path, error = error.to_string(), "the page cannot be read");
            response::text(StatusCode::NOT_FOUND, "The page cannot be read; the log says why.\n")
        }
    }
}

/// `GET /lift.json`: the WebSocket's URL, so that a page can look it up.
pub(crate) fn about(
    settings: &Settings,
    headers: &HeaderMap,
    scheme: &str,
    port: u16,
) -> ApiResponse {
    let host = host(headers).map_or_else(|| format!("127.0.0.1:{port}"), str::to_owned);
    let url = format!("{scheme}://{host}/{}", settings.stage);
    response::json(StatusCode::OK, &serde_json::json!({ "websocket": url }))
}

/// The `Host` header, if it is exactly one host with an optional port.
pub(crate) fn host(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::HOST).iter();
    let host = values.next()?.to_str().ok()?;
    let known = |c: u8| c.is_ascii_alphanumeric() || b".-_:[]".contains(&c);
    let good = !host.is_empty() && host.len() <= 260 && host.bytes().all(known);
    (good && values.next().is_none()).then_some(host)
}
