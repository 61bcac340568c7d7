//! The same handlers in Lift's typed form, in its HTTP-style form, and on lambda_runtime with
//! aws_lambda_events: bytes of an event in, bytes of a reply out, in memory. `benches/call.rs` times
//! them, `src/bin/allocations.rs` counts what they allocate.

mod form;
pub mod lambda;
pub mod lift;

use bytes::Bytes;

pub use form::{Form, Said};

/// One event, and the forms that handle it with the same result.
pub struct Case {
    pub name: &'static str,
    pub event: &'static str,
    pub forms: Vec<Form>,
}

impl Case {
    /// The event's bytes, `count` times.
    pub fn events(&self, count: usize) -> Vec<Bytes> {
        std::iter::repeat_with(|| Bytes::from(self.event.to_owned())).take(count).collect()
    }
}

/// All compared cases. The typed form is the first of each.
pub fn cases() -> Vec<Case> {
    let message = include_str!("../../../crates/lift-event/fixtures/message-json-body.json");
    let connect =
        include_str!("../../../crates/lift-event/fixtures/connect-browser-14-headers.json");
    vec![
        Case {
            name: "a message with a typed JSON body, one layer",
            event: message,
            forms: vec![
                lift::form(TYPED, lift::typed_message()),
                lift::form(HTTP, lift::http_message()),
                lambda::form(LAMBDA, lambda::layered(lambda::message)),
                lift::form_within_lambda(TYPED_IN_LAMBDA, lift::typed_message()),
            ],
        },
        Case {
            name: "$connect with 14 headers, one layer",
            event: connect,
            forms: vec![
                lift::form(TYPED, lift::typed_connect()),
                lift::form(HTTP, lift::http_connect()),
                lambda::form(LAMBDA, lambda::layered(lambda::connect)),
                lift::form_within_lambda(TYPED_IN_LAMBDA, lift::typed_connect()),
            ],
        },
        Case {
            name: "$connect with 14 headers, one layer, two headers read",
            event: connect,
            forms: vec![
                lift::form(TYPED, lift::typed_connect_reading()),
                lift::form(HTTP, lift::http_connect_reading()),
                lambda::form(LAMBDA, lambda::layered(lambda::connect_reading)),
                lift::form_within_lambda(TYPED_IN_LAMBDA, lift::typed_connect_reading()),
            ],
        },
    ]
}

const TYPED: &str = "Lift, typed form";
const HTTP: &str = "Lift, HTTP-style form";
const LAMBDA: &str = "lambda_runtime, aws_lambda_events";
const TYPED_IN_LAMBDA: &str = "Lift, typed form, in lambda_runtime";

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::form::ORIGIN;

    /// The status and the body of a reply, which API Gateway reads.
    fn status_and_body(reply: &[u8]) -> (Value, Value) {
        let reply: Value = serde_json::from_slice(reply).unwrap();
        (reply["statusCode"].clone(), reply["body"].clone())
    }

    #[test]
    fn all_forms_give_the_same_reply() {
        for case in cases() {
            let replies: Vec<_> =
                case.forms.iter().map(|form| status_and_body(&form.run(case.events(1)))).collect();
            assert_eq!(replies[0].0, 200, "{}", case.name);
            assert_eq!(replies[0].1.is_string(), case.name.contains("message"), "{replies:?}");
            assert!(replies.iter().all(|reply| *reply == replies[0]), "{replies:?}");
        }
    }

    #[test]
    fn all_forms_refuse_another_origin() {
        let case = cases().pop().unwrap();
        let event = Bytes::from(case.event.replace(ORIGIN, "https://evil.example.com"));
        for form in case.forms {
            assert_eq!(status_and_body(&form.run(vec![event.clone()])).0, 403, "{}", form.name);
        }
    }
}
