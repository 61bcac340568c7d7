//! The store against a real DynamoDB API: the embedded engine, over HTTP. The loop against a Runtime
//! API made by hand.

mod concurrency;
mod database;
mod store;
mod table;
