//! Any bytes behind a good handshake: what comes back is well-formed frames.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../gateway.rs"]
#[expect(dead_code, reason = "other targets use the rest")]
mod gateway;

fuzz_target!(|data: &[u8]| {
    let answer = gateway::GATEWAY.exchange(&[gateway::HANDSHAKE, data]);
    assert_eq!(gateway::check(&answer), [101]);
});
