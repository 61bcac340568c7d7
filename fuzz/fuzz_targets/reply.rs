//! Any bytes as a reply, and as the fields of a reply: an encoded reply decodes to the same reply.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lift_event::Reply;

fuzz_target!(|data: &[u8]| {
    match Reply::decode(data) {
        Ok(reply) => round_trip(&reply),
        Err(error) => {
            assert!(!error.field().is_empty());
            assert!(error.to_string().len() < 1024);
        }
    }
    if let [high, low, len, rest @ ..] = data {
        let status = 100 + u16::from_be_bytes([*high, *low]) % 500;
        let (subprotocol, body) = rest.split_at(rest.len().min((*len).into()));
        let reply = Reply::new(status).with_body(body.to_vec());
        round_trip(&reply);
        round_trip(&reply.with_subprotocol(String::from_utf8_lossy(subprotocol)));
    }
});

fn round_trip(reply: &Reply) {
    assert_eq!(Reply::decode(&reply.encode()).as_ref(), Ok(reply));
}
