//! Tests of the command `lift` from outside: its exit codes, output and processes.
//!
//! Except for the chat, the functions in these tests are packages without dependencies, so they build in a second and
//! need no registry. No port is fixed, and every wait is for a condition.

mod access;
mod app;
mod book;
mod command;
mod connect;
mod data_dir;
mod env;
mod error_codes;
mod errors;
mod faults;
mod functions;
mod guard;
mod help;
mod inspector;
mod invoke;
// It reads processes from `/proc`.
#[cfg(target_os = "linux")]
mod keys;
mod lifecycle;
mod own_tables;
mod reload;
mod scenario;
mod send;
mod table;
mod templates;
mod terminal;
