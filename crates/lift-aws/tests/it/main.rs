//! The store against a real DynamoDB API: the embedded engine, over HTTP and within the process.

mod cost;
mod database;
mod engine;
mod figures;
mod items;
mod layout;
mod lists;
mod meta;
mod races;
mod rows;
mod shards;
mod store;
mod stream;
mod table;
