//! The store against a real DynamoDB API: the embedded engine, over HTTP and within the process.

mod cost;
mod database;
mod engine;
mod fanout;
mod lists;
mod management;
mod push;
mod rows;
mod shards;
mod store;
mod table;
