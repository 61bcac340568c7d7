//! Any bytes as an event: no panic, short errors, and a decoded event stays equal after encoding and decoding.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lift_event::{AuthorizerRequest, DecodeError, Event, Payload};

#[path = "../../crates/lift-event/tests/it/accessor_values.rs"]
mod accessor_values;

use accessor_values::accessor_values;

fuzz_target!(|data: &[u8]| {
    match AuthorizerRequest::decode(data.to_vec()) {
        Ok(request) => assert!(!accessor_values(request.event()).is_empty()),
        Err(error) => check(&error),
    }
    let event = match Event::decode(data.to_vec()) {
        Ok(event) => event,
        Err(error) => return check(&error),
    };
    assert_eq!(event.payload().as_bytes(), data);
    for error in [event.headers().err(), event.query().err(), event.stage_variables().err()] {
        error.iter().for_each(check);
    }
    let again = Payload::decode(event.payload()).expect("decoded before").encode();
    assert_eq!(
        accessor_values(&Event::decode(again).expect("as encoded")),
        accessor_values(&event)
    );
});

fn check(error: &DecodeError) {
    assert!(!error.field().is_empty());
    assert!(error.to_string().len() < 1024);
}
