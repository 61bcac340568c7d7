//! Each fault as a real client meets it: the AWS SDK against the embedded engine, Lift's own
//! client of `@connections` against the gateway, and the Runtime API as a process sees it.

mod book;
mod connections;
mod direct;
mod dynamodb;
mod lag;
mod lifecycle;
mod memory;
mod plan;
mod replay;
mod runtime;
mod world;
