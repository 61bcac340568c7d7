//! The store against a DynamoDB API: the embedded database, over HTTP and within the process. The
//! Lambda loop against a Runtime API written for the tests.

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
