//! What a browser finds at the gateway beside the WebSocket: the app's page, and where to connect.

use http::{HeaderMap, StatusCode, header};

use crate::{Settings, response, response::Answer};

/// `GET /`: the app's page, read anew so that an edit shows at the next reload.
pub(crate) async fn index(settings: &Settings) -> Answer {
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
            tracing::warn!(path = %path.display(), %error, "the page cannot be read");
            response::text(StatusCode::NOT_FOUND, "The page cannot be read; the log says why.\n")
        }
    }
}

/// `GET /lift.json`: the WebSocket's URL, so that a page need not guess it.
pub(crate) fn about(settings: &Settings, headers: &HeaderMap, port: u16) -> Answer {
    let host = host(headers).map_or_else(|| format!("127.0.0.1:{port}"), str::to_owned);
    let url = format!("ws://{host}/{}", settings.stage);
    response::json(StatusCode::OK, &serde_json::json!({ "websocket": url }))
}

/// The `Host` header, if it is one host and perhaps a port, and nothing else.
pub(crate) fn host(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::HOST).iter();
    let host = values.next()?.to_str().ok()?;
    let known = |c: u8| c.is_ascii_alphanumeric() || b".-_:[]".contains(&c);
    let good = !host.is_empty() && host.len() <= 260 && host.bytes().all(known);
    (good && values.next().is_none()).then_some(host)
}
