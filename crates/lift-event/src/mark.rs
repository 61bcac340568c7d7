//! The mark of an error: how an app on Lift tells `lift dev` that a reply means an error, and which.
//!
//! To API Gateway, an error on a message is a reply with the status 200, because the client gets its error frame
//! by a post or in the body, in a shape that the app chooses. So the reply alone does not show an error. An app
//! marks a reply only where `lift dev` asks it to by a variable, and the gateway of `lift dev` removes the
//! mark. On AWS, no reply has one.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// How a marked reply begins.
const START: &[u8] = br#"{"liftError":"#;

/// The error that a reply means. Not part of the stable API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorMark {
    /// The code for programs.
    pub code: String,
    /// The message for people, as the client gets it.
    pub message: String,
    /// Whether the server is at fault, and not the client.
    pub internal: bool,
}

impl ErrorMark {
    /// The reply, which is a JSON object, with this mark as its first member.
    #[must_use]
    pub fn put_before(&self, reply: &[u8]) -> Vec<u8> {
        let Some(members) = reply.strip_prefix(b"{") else { return reply.to_vec() };
        // Strings cannot fail to serialize.
        let mark = serde_json::to_vec(self).unwrap_or_default();
        [START, &mark, b",", members].concat()
    }

    /// Removes the mark from a reply; `None` if it has none.
    #[must_use]
    pub fn take_from(reply: &Bytes) -> Option<(Self, Bytes)> {
        let marked = reply.strip_prefix(START)?;
        let mut values = serde_json::Deserializer::from_slice(marked).into_iter::<Self>();
        let mark = values.next()?.ok()?;
        let members = marked.get(values.byte_offset()..)?.strip_prefix(b",")?;
        Some((mark, [b"{", members].concat().into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_leaves_no_trace_in_the_reply() {
        let mark = ErrorMark {
            code: "too_low".to_owned(),
            message: "Bid \"more\", than 5}".to_owned(),
            internal: false,
        };
        for reply in [r#"{"statusCode":200}"#, r#"{ "statusCode":200,"body":"{\"liftError\":1}"}"#]
        {
            let marked = Bytes::from(mark.put_before(reply.as_bytes()));
            assert_ne!(marked, reply);
            assert_eq!(ErrorMark::take_from(&marked), Some((mark.clone(), reply.into())));
            assert_eq!(ErrorMark::take_from(&reply.into()), None);
        }
    }

    #[test]
    fn other_replies_are_not_marked() {
        for reply in [
            "",
            "[]",
            r#"{"liftError":"#,
            r#"{"liftError":5,"statusCode":200}"#,
            r#"{"liftError":{"code":"a","message":"b","internal":true}}"#,
            r#"{"statusCode":200,"liftError":{"code":"a","message":"b","internal":true}}"#,
        ] {
            assert_eq!(ErrorMark::take_from(&Bytes::from(reply)), None, "{reply}");
        }
        let mark = ErrorMark { code: String::new(), message: String::new(), internal: false };
        assert_eq!(mark.put_before(b"[]"), b"[]");
    }
}
