//! The store against a real DynamoDB API: the embedded engine, over HTTP.

mod check;
mod database;
mod elsewhere;
mod scripted;
mod store;
mod table;
