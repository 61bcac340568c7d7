//! The gateway from outside: real sockets on ports that the system chose, closures as functions.
//! Waits end with what they wait for, or fail after a generous limit.

#![allow(clippy::unwrap_used, missing_docs)]

mod api;
mod connect;
mod disconnect;
mod lambda;
mod limits;
mod management;
mod messages;
mod page;
