//! Any bytes as an event: no panic, short errors, and what decodes survives the way back.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lift_event::{AuthorizerRequest, DecodeError, Event, Payload};

#[path = "../../crates/lift-event/tests/it/facts.rs"]
mod facts;

use facts::facts;

fuzz_target!(|data: &[u8]| {
    match AuthorizerRequest::decode(data.to_vec()) {
        Ok(request) => assert!(!facts(request.event()).is_empty()),
        Err(fault) => check(&fault),
    }
    let event = match Event::decode(data.to_vec()) {
        Ok(event) => event,
        Err(fault) => return check(&fault),
    };
    assert_eq!(event.payload().as_bytes(), data);
    for fault in [event.headers().err(), event.query().err(), event.stage_variables().err()] {
        fault.iter().for_each(check);
    }
    let again = Payload::decode(event.payload()).expect("decoded before").encode();
    assert_eq!(facts(&Event::decode(again).expect("as encoded")), facts(&event));
});

fn check(fault: &DecodeError) {
    assert!(!fault.field().is_empty());
    assert!(fault.to_string().len() < 1024);
}
