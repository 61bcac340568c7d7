//! The error frames that a client gets when its message fails ([R-5.2]).

use bytes::Bytes;

use crate::{BadBodyFrame, id::Id};

/// Why a message failed. The texts and spaces of the frames are AWS's.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ErrorFrame {
    NoRoute,
    Throttled,
    BadBody,
    Function,
    TimedOut,
}

impl ErrorFrame {
    /// The frame of a message with these ids.
    pub(crate) fn frame(
        self,
        connection: Id,
        request: Id,
        message: Id,
        bad_body: BadBodyFrame,
    ) -> Bytes {
        let text = match (self, bad_body) {
            (Self::NoRoute, _) => "Forbidden",
            (Self::Throttled, _) => "Too Many Requests",
            (Self::BadBody, BadBodyFrame::LikeOthers) => "Bad request body",
            (Self::BadBody, BadBodyFrame::Documented) => {
                return format!(
                    r#"{{"message" : "Bad request body", "connectionId": "{connection}", "messageId": "{message}"}}"#
                )
                .into();
            }
            (Self::Function, _) => "Internal server error",
            (Self::TimedOut, _) => "Endpoint request timed out",
        };
        format!(
            r#"{{"message": "{text}", "connectionId":"{connection}", "requestId":"{request}"}}"#
        )
        .into()
    }
}
