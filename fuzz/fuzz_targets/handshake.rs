//! Any bytes to the gateway's port: every response is well-formed HTTP, followed by frames after a 101.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../test_gateway.rs"]
#[expect(dead_code, reason = "other targets use the other items")]
mod test_gateway;

fuzz_target!(|data: &[u8]| {
    test_gateway::check(&test_gateway::GATEWAY.exchange(&[data]));
});
