//! Many connections, large messages and malicious handshakes. `tools/load` has the tests that need thousands of
//! clients or another process.

mod connects_and_disconnects;
mod handshakes;
mod size_limits;
