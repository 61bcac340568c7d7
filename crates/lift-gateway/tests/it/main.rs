//! Tests of the gateway from outside: real sockets on free ports, closures as functions.
//! Each wait ends with the awaited event, or fails after 10 seconds.

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
mod tls;
mod undocumented;
