//! From an [`Error`] to the reply that a client gets: the error frame of a message, or the status that
//! refuses a handshake.

use std::{error::Error as StdError, sync::Arc};

use lift_event::{ErrorMark, Event, EventKind, Reply};

use crate::Error;

/// Writes the error frame of an error.
type WriteFrame = Arc<dyn Fn(&Error) -> Vec<u8> + Send + Sync>;

/// Translates the cause of an internal error; `None` for causes of another type.
type MapCause = Arc<dyn Fn(&(dyn StdError + 'static)) -> Option<Error> + Send + Sync>;

/// How an app answers errors: by `App::error_frame` and `App::map_error`.
pub(crate) struct ErrorReplies {
    write_frame: WriteFrame,
    mappings: Vec<MapCause>,
}

impl Default for ErrorReplies {
    fn default() -> Self {
        // Strings cannot fail to serialize.
        let frame = |error: &Error| serde_json::to_vec(&error.frame()).unwrap_or_default();
        Self { write_frame: Arc::new(frame), mappings: Vec::new() }
    }
}

impl ErrorReplies {
    pub(crate) fn set_frame(&mut self, frame: impl Fn(&Error) -> Vec<u8> + Send + Sync + 'static) {
        self.write_frame = Arc::new(frame);
    }

    /// Adds a mapping. The first one that knows a cause is used.
    pub(crate) fn add_mapping(
        &mut self,
        mapping: impl Fn(&(dyn StdError + 'static)) -> Option<Error> + Send + Sync + 'static,
    ) {
        self.mappings.push(Arc::new(mapping));
    }

    /// Logs the error and turns it into a reply.
    pub(crate) fn reply(&self, event: &Event, error: &Error) -> Reply {
        let mapped =
            error.cause().and_then(|cause| self.mappings.iter().find_map(|map| map(cause)));
        let error = mapped.as_ref().unwrap_or(error);
        error.log(event.route_key());
        if event.kind() == EventKind::Connect && error.cause().is_none() {
            // API Gateway sends the client the status and nothing else.
            let (status, reason) = (error.status(), error.message());
            tracing::info!(status, reason, "a client was refused");
        }
        let mark = ErrorMark {
            code: error.code().to_owned(),
            message: error.message().to_owned(),
            internal: error.status() >= 500,
        };
        Reply::new(error.status())
            .with_body((self.write_frame)(error))
            .with_error(Some(Box::new(mark)))
    }
}
