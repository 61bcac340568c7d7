//! HTTP on a developer's machine: which requests a server takes, and a server that takes no others.
//!
//! A server on loopback is not private. Any web page that the developer has open can send it requests:
//! a page of another local port directly, and a page of any site under a name that it lets resolve to
//! 127.0.0.1 (DNS rebinding).
//!
//! ```text
//! socket -> serve -> Guard::check -> Admitted -> the API
//!                              '--> Refusal: 403 with the reason
//! ```
//!
//! Each API of `lift dev` that acts or shows data takes an [`Admitted`] request, and only a [`Guard`]
//! makes one.

mod guard;
mod host;
mod refusal;
mod serve;

pub use self::{
    guard::{Admitted, Guard},
    host::HostNames,
    refusal::Refusal,
    serve::{HEAD_TIMEOUT, Reset, accept, serve},
};

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
