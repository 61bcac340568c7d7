//! The store against a real DynamoDB API: the embedded engine, over HTTP.

mod database;
mod management;
mod push;
mod store;
mod table;
