//! A tracing span around each call, with its ids and without data that may be secret.

use tracing::{Instrument, Level, field};

use super::{Layer, Next, from_fn};
use crate::Call;

/// Puts a span named `call` around the call, at level INFO, with the route key, the ids of the connection and
/// the request, and finally the reply's status. Body, headers and query are never recorded.
///
/// ```
/// use lift_ws::{App, layer::trace};
///
/// let app = App::new().layer(trace()).route("say", async || "heard");
/// # let _ = app;
/// ```
pub fn trace() -> impl Layer {
    from_fn(|call: Call, next: Next| {
        let event = call.event();
        let span = tracing::span!(
            Level::INFO,
            "call",
            route_key = event.route_key(),
            connection_id = event.connection_id(),
            request_id = event.request_id(),
            status = field::Empty,
        );
        let record = span.clone();
        let rest = async move {
            let reply = next.run(call).await;
            record.record("status", reply.status());
            reply
        };
        rest.instrument(span)
    })
}
