//! Refuses messages over a size, before they are parsed.

use futures_util::future::{BoxFuture, FutureExt, ready};
use lift_event::{EventKind, Reply};

use super::{Layer, Next};
use crate::{Call, Error};

/// Refuses messages of more than this many bytes with the error frame `too_large`. API Gateway itself
/// lets at most 131,072 bytes pass ([R-5.4.1]). The limit is part of the app's
/// description.
///
/// ```
/// use lift_ws::{App, layer};
///
/// let app = App::new().layer(layer::body_limit(4096)).route("say", async || "heard");
/// # let _ = app;
/// ```
pub fn body_limit(bytes: usize) -> impl Layer {
    BodyLimit(bytes)
}

struct BodyLimit(usize);

impl Layer for BodyLimit {
    fn call(&self, call: Call, next: Next) -> BoxFuture<'static, Reply> {
        let (size, limit) = (call.event().body().len(), self.0);
        if call.event().kind() == EventKind::Message && size > limit {
            let message = format!("The message has {size} bytes; {limit} is the limit");
            let error = Error::new("too_large", message).with_status(413);
            return ready(next.fail(&call, &error)).boxed();
        }
        next.run(call).boxed()
    }

    fn body_limit(&self) -> Option<usize> {
        Some(self.0)
    }
}
