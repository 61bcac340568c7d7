//! Each fault with a real client: the AWS SDK with dynoxide, Lift's client of `@connections` with the gateway,
//! and a process with the Runtime API.

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
