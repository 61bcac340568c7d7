//! Much of something at once: what the gateway has to bear. `tools/load` has what needs thousands of
//! clients or another process.

mod connects_and_disconnects;
mod handshakes;
mod size_limits;
