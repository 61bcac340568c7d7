//! Any bytes after a valid handshake: the gateway sends well-formed frames.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../test_gateway.rs"]
#[expect(dead_code, reason = "other targets use the other items")]
mod test_gateway;

fuzz_target!(|data: &[u8]| {
    let response = test_gateway::GATEWAY.exchange(&[test_gateway::HANDSHAKE, data]);
    assert_eq!(test_gateway::check(&response), [101]);
});
