//! Each fault with a real client: the AWS SDK with dynoxide (an embedded DynamoDB), Lift's client of `@connections` with the gateway,
//! and a client of the Runtime API.

mod book;
mod connections;

mod dynamodb;
mod lag;
mod lifecycle;
mod memory;
mod plan;
mod replay;
mod runtime;
mod sdk_without_sockets;
mod test_database;
