//! Much of something at once: what the gateway has to bear. `tools/load` has what needs thousands of
//! clients or another process.

mod churn;
mod edges;
mod handshakes;
