//! The store against a real DynamoDB API: the embedded engine, over HTTP.

mod database;
mod elsewhere;
mod store;
mod table;
