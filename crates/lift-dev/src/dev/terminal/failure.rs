//! Why an event failed, and what to do about it.

use lift_gateway::{FailureCause, InvokeError};

use crate::escape::{cut, line};

/// How many columns of a malformed reply or a route key are shown.
const MAX_COLUMNS: usize = 60;

/// Why an event failed.
#[derive(Debug)]
pub(crate) enum EventFailure {
    /// The function gave no reply.
    Invoke(InvokeError),
    /// The gateway's reason, with the function's reply if there is one.
    Gateway(FailureCause, Vec<u8>),
    /// The client sent a binary message.
    Binary,
}

impl EventFailure {
    /// The `kind` of `error` in JSON.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Invoke(error) if error.function_error().is_some() => "function",
            Self::Invoke(error) if error.is_exited() => "exited",
            Self::Invoke(error) if error.is_timed_out() => "functionTimeout",
            Self::Invoke(error) if error.is_unavailable() => "unavailable",
            Self::Invoke(error) if error.is_unreachable() => "unreachable",
            Self::Gateway(FailureCause::NoRoute { .. }, _) => "noRoute",
            Self::Gateway(FailureCause::Throttled { .. }, _) => "throttled",
            Self::Gateway(FailureCause::Model { .. }, _) => "model",
            Self::Gateway(FailureCause::Reply { .. }, _) => "reply",
            Self::Gateway(FailureCause::TimedOut { .. }, _) => "timeout",
            Self::Invoke(_) | Self::Gateway(..) => "other",
            Self::Binary => "binary",
        }
    }

    /// The code by which the failures are counted: the type of the function's error, or the kind.
    pub(crate) fn code(&self) -> &str {
        match self {
            Self::Invoke(error) => error.function_error().map_or(self.kind(), |(kind, _)| kind),
            Self::Gateway(..) | Self::Binary => self.kind(),
        }
    }

    /// The reason, in words.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Invoke(error) => match error.function_error() {
                Some((kind, message)) => {
                    format!("the function failed with {}: {}", line(kind), line(message))
                }
                None => line(&error.to_string()).into_owned(),
            },
            Self::Gateway(FailureCause::NoRoute { selected: Some(key), .. }, _) => {
                format!("no route for `{}`", cut(&line(key), MAX_COLUMNS))
            }
            Self::Gateway(FailureCause::NoRoute { selected: None, .. }, _) => {
                "no route: the message has no route key".to_owned()
            }
            Self::Gateway(FailureCause::Throttled { .. }, _) => {
                "throttled: more messages than the rate allows".to_owned()
            }
            Self::Gateway(FailureCause::Model { reason, .. }, _) => {
                format!("no model allows the message: {}", line(reason))
            }
            Self::Gateway(FailureCause::Reply { reason }, reply) => {
                let reply = String::from_utf8_lossy(reply);
                format!("malformed reply: {}: {}", line(reason), cut(&line(&reply), MAX_COLUMNS))
            }
            Self::Gateway(FailureCause::TimedOut { after }, _) => {
                format!("no reply within {} s, the longest that API Gateway waits", after.as_secs())
            }
            Self::Gateway(cause, _) => line(&format!("{cause:?}")).into_owned(),
            Self::Binary => "the client sent a binary message".to_owned(),
        }
    }

    /// What to do about it. `has_client` is false for an event of another source than a connection.
    pub(crate) fn advice(&self, has_client: bool) -> Option<String> {
        Some(match self {
            Self::Invoke(error) if has_client && error.function_error().is_some() => {
                "the client gets no more than `Internal server error`: fix the function".to_owned()
            }
            Self::Invoke(error) if error.is_exited() => {
                "look for a panic or an exit in what it wrote; another process is started"
                    .to_owned()
            }
            Self::Invoke(error) if error.is_timed_out() => {
                "its process is killed, as Lambda does: answer sooner, and post what takes long"
                    .to_owned()
            }
            Self::Invoke(error) if error.is_unavailable() => {
                "all processes were busy for too long: raise --concurrency".to_owned()
            }
            Self::Gateway(FailureCause::NoRoute { routes, .. }, _) => {
                format!("the app has {}; add a route, or `$default`", line(&routes.join(", ")))
            }
            Self::Gateway(FailureCause::Throttled { .. }, _) => {
                "send more slowly, or raise the throttle".to_owned()
            }
            Self::Gateway(FailureCause::Reply { .. }, _) => {
                r#"a reply is a JSON object such as {"statusCode":200,"body":"hi"}"#.to_owned()
            }
            Self::Gateway(FailureCause::TimedOut { .. }, _) => {
                "the function keeps running: reply immediately, and post the result later"
                    .to_owned()
            }
            Self::Binary => "API Gateway takes text alone: send binary data as base64".to_owned(),
            Self::Invoke(_) | Self::Gateway(..) => return None,
        })
    }
}
