//! The store against a real DynamoDB API: the embedded engine, over HTTP. The loop against a Runtime
//! API made by hand.

mod check;
mod concurrency;
mod database;
mod elsewhere;
mod http;
mod scripted;
mod store;
mod table;
