//! The path by which functions on this machine are invoked: a function's name and an event in, its result out.
//!
//! ```text
//! WebSocket (lift-gateway) ------------------------------.
//! `lift invoke`, AWS SDKs -> api -----.                   v
//! schedule: a moment -> event --------+-> Invoker -> Integration -> lambda::Function, a remote URL
//! sqs: messages -> event -> api ------'      '-> Observer
//! ```
//!
//! An [`Integration`] is the function for the gateway's routes and for the [`Invoker`], so an invocation has the same
//! queue, time limit and processes, whatever its [`Source`]. Sources make events, and know no processes.

pub mod api;
mod integration;
mod invoker;
mod observer;
mod remote;
mod schedule;
mod source;
pub mod sqs;

pub use self::{
    integration::Integration,
    invoker::{Invoker, NamedFunction, UnknownFunction},
    observer::{InvocationEvent, InvocationEventKind, Observer},
    remote::RemoteFunction,
    schedule::{Schedule, ScheduleService, Schedules, UnknownSchedule, scheduled_event},
    source::Source,
};

/// The account of functions, rules and queues on this machine.
pub const ACCOUNT: &str = "000000000000";

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
