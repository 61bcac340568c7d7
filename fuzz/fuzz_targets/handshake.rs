//! Any bytes to the gateway's port: every answer is one of its own, and behind an upgrade are frames.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../gateway.rs"]
#[expect(dead_code, reason = "other targets use the rest")]
mod gateway;

fuzz_target!(|data: &[u8]| {
    gateway::check(&gateway::GATEWAY.exchange(&[data]));
});
