//! The store against a real DynamoDB API: the embedded engine, over HTTP and within the process.

mod cost;
mod database;
mod engine;
mod fanout;
mod figures;
mod items;
mod lists;
mod management;
mod push;
mod races;
mod rows;
mod shards;
mod store;
mod stream;
mod table;
