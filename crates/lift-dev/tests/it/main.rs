//! The command `lift` from the outside: arguments in; exit code, output and processes out.
//!
//! But for the chat, the functions in these tests are packages without dependencies, so they build in a second and
//! need no registry. No port is fixed, and every wait is for a condition.

mod access;
mod app;
mod book;
mod command;
mod connect;
mod errors;
mod faults;
mod functions;
mod help;
mod inspector;
// It looks for processes in `/proc`.
#[cfg(target_os = "linux")]
mod life;
mod reload;
mod scenario;
mod send;
mod table;
mod templates;
mod terminal;
