//! The gateway from outside: real sockets on ports that the system chose, closures as functions.
//! Waits end with what they wait for, or fail after a generous limit.

#![allow(clippy::unwrap_used, missing_docs)]

mod access;
mod api;
mod authorizer;
mod connect;
mod deployment;
mod disconnect;
mod lambda;
mod limits;
mod load;
mod management;
mod messages;
mod models;
mod observer;
mod order;
mod page;
mod throttles;
mod undocumented;
