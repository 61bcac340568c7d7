//! The outcome of an invocation: whether what the function returned is an error, and which. All who show an
//! invocation take it from here.

use bytes::Bytes;
use lift_event::{ErrorMark, Reply};
use serde::Deserialize;

use crate::InvokeError;

/// The longest message that is taken from a reply, in bytes.
const MESSAGE_BYTES: usize = 500;

/// What came of an invocation.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// The bytes of the reply as API Gateway gets them, or why there is none.
    pub result: Result<Bytes, InvokeError>,
    /// The mark that the app put before the reply.
    mark: Option<ErrorMark>,
}

impl Outcome {
    /// The outcome of what a [`Backend`](crate::Backend) returned. Removes the mark by which an app on Lift
    /// tells that a reply means an error, so that the reply is the one that API Gateway gets.
    #[must_use]
    pub fn of(returned: Result<Bytes, InvokeError>) -> Self {
        match returned.as_ref().ok().and_then(ErrorMark::take_from) {
            Some((mark, reply)) => Self { result: Ok(reply), mark: Some(mark) },
            None => Self { result: returned, mark: None },
        }
    }

    /// The error, if the outcome is one. An app on Lift says so itself. Other functions return an HTTP status
    /// of 400 or more, a body with Lift's error frame, or an object with `errorMessage`.
    #[must_use]
    pub fn error(&self) -> Option<OutcomeError> {
        match (&self.mark, &self.result) {
            (Some(ErrorMark { code, message, internal }), _) => {
                let (code, message) = (code.clone(), message.clone());
                Some(OutcomeError { code, message, is_internal: *internal })
            }
            (None, Ok(reply)) => of_reply(reply),
            (None, Err(error)) => Some(of_failure(error)),
        }
    }
}

/// The error that an invocation ended with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutcomeError {
    /// The error's code: that of the error frame, such as `invalid_payload`. Without one, the function's
    /// `errorType`, the HTTP status of the reply, or `exited`, `functionTimeout`, `unavailable` or
    /// `unreachable`.
    pub code: String,
    /// The message for people, which may be empty.
    pub message: String,
    /// Whether the function is at fault, and not the client.
    pub is_internal: bool,
}

fn of_failure(error: &InvokeError) -> OutcomeError {
    let (code, message) = match error.function_error() {
        Some((error_type, message)) => (error_type, message.to_owned()),
        None if error.is_exited() => ("exited", error.to_string()),
        None if error.is_timed_out() => ("functionTimeout", error.to_string()),
        None if error.is_unavailable() => ("unavailable", error.to_string()),
        None => ("unreachable", error.to_string()),
    };
    OutcomeError { code: code.to_owned(), message, is_internal: true }
}

fn of_reply(bytes: &[u8]) -> Option<OutcomeError> {
    let Ok(reply) = Reply::decode(bytes) else { return of_error_object(bytes) };
    let (status, body) = (reply.status(), reply.body().unwrap_or_default());
    let object = serde_json::from_slice::<ErrorObject>(body).unwrap_or_default();
    match object {
        ErrorObject { kind: Some(kind), code: Some(code), message: Some(message), .. }
            if kind == "error" =>
        {
            Some(OutcomeError { is_internal: code == "internal_error", code, message })
        }
        _ if status < 400 => None,
        object => {
            let text = || String::from_utf8_lossy(body).into_owned();
            let mut message = object.message.or(object.error).unwrap_or_else(text);
            message.truncate(message.floor_char_boundary(MESSAGE_BYTES));
            Some(OutcomeError { code: status.to_string(), message, is_internal: status >= 500 })
        }
    }
}

/// The error of a function that returned what Lambda's runtimes report for an exception.
fn of_error_object(bytes: &[u8]) -> Option<OutcomeError> {
    let object = serde_json::from_slice::<ErrorObject>(bytes).ok()?;
    let message = object.error_message?;
    let code = object.error_type.unwrap_or_else(|| "error".to_owned());
    Some(OutcomeError { code, message, is_internal: true })
}

/// The fields of the objects that mean an error.
#[derive(Default, Deserialize)]
#[serde(default)]
struct ErrorObject {
    #[serde(rename = "type")]
    kind: Option<String>,
    code: Option<String>,
    message: Option<String>,
    error: Option<String>,
    #[serde(rename = "errorType")]
    error_type: Option<String>,
    #[serde(rename = "errorMessage")]
    error_message: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(returned: impl Into<Bytes>) -> Outcome {
        Outcome::of(Ok(returned.into()))
    }

    #[test]
    fn a_marked_reply_means_the_error_of_its_mark() {
        let mark =
            ErrorMark { code: "too_low".into(), message: "Bid more".into(), internal: false };
        let marked = outcome(mark.put_before(br#"{"statusCode":200}"#));
        assert_eq!(marked.result.as_deref(), Ok(&br#"{"statusCode":200}"#[..]));
        let error = marked.error().expect("an error");
        assert_eq!(
            (&*error.code, &*error.message, error.is_internal),
            ("too_low", "Bid more", false)
        );
    }

    #[test]
    fn other_functions_say_it_by_status_or_shape() {
        let error = |returned: &'static str| {
            let OutcomeError { code, message, is_internal } = outcome(returned).error()?;
            Some((code, message, is_internal))
        };
        let is = |code: &str, message: &str, internal| {
            Some((code.to_owned(), message.to_owned(), internal))
        };
        assert_eq!(error(r#"{"statusCode":200,"body":"{\"message\":\"hi\"}"}"#), None);
        assert_eq!(error(r#"{"policyDocument":{}}"#), None, "an authorizer's reply");
        assert_eq!(error("5"), None);
        assert_eq!(
            error(r#"{"statusCode":404,"body":"no such item"}"#),
            is("404", "no such item", false)
        );
        let object = r#"{"statusCode":503,"body":"{\"message\":\"full\"}"}"#;
        assert_eq!(error(object), is("503", "full", true));
        let frame =
            r#"{"statusCode":200,"body":"{\"type\":\"error\",\"code\":\"a\",\"message\":\"b\"}"}"#;
        assert_eq!(error(frame), is("a", "b", false));
        let thrown = r#"{"errorType":"KeyError","errorMessage":"'x'"}"#;
        assert_eq!(error(thrown), is("KeyError", "'x'", true));
    }

    #[test]
    fn without_a_reply_the_reason_is_the_error() {
        let code = |failure| Outcome::of(Err(failure)).error().map(|error| error.code);
        assert_eq!(code(InvokeError::function("KeyError", "x")).as_deref(), Some("KeyError"));
        assert_eq!(code(InvokeError::exited()).as_deref(), Some("exited"));
    }
}
