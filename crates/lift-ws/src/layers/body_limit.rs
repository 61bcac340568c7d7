//! Refuses messages over a size, before they are parsed.

use lift_event::Kind;

use crate::{Call, Error, Layer, Next, from_fn};

/// Answers messages of more than so many bytes with the error frame `too_large`. API Gateway itself
/// lets at most 131,072 bytes pass (reference, section 5.4).
pub fn body_limit(bytes: usize) -> impl Layer {
    from_fn(move |call: Call, next: Next| async move {
        let size = call.event().body().len();
        if call.event().kind() == Kind::Message && size > bytes {
            let message = format!("The message has {size} bytes; {bytes} is the limit");
            return next.fail(&call, &Error::new("too_large", message).with_status(413));
        }
        next.run(call).await
    })
}
