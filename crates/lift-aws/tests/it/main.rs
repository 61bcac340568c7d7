//! The store against a real DynamoDB API: the embedded engine, over HTTP and within the process. The
//! loop against a Runtime API made by hand.

mod check;
mod concurrency;
mod cost;
mod database;
mod engine;
mod fanout;
mod figures;
mod freeze;
mod http;
mod items;
mod layout;
mod lists;
mod management;
mod meta;
mod other_databases;
mod push;
mod races;
mod rows;
mod scripted;
mod shards;
mod store;
mod stream;
mod table;
