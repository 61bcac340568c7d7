//! The store against a real DynamoDB API: the embedded engine, over HTTP.

mod database;
mod http;
mod store;
mod table;
