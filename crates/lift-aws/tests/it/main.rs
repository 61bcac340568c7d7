//! The store with an embedded DynamoDB (dynoxide), over HTTP and within the process. The
//! Lambda loop with a fake Runtime API.

mod check;
mod concurrency;
mod cost;
mod cost_tables;
mod database;
mod embedded_dynamodb;
mod fake_dynamodb;
mod fanout;
mod frozen_process;
mod http;
mod interleavings;
mod items;
mod late_state;
mod layout;
mod lists;
mod log;
mod management;
mod meta;
mod other_databases;
mod own_tables;
mod push;
mod row_fixture;
mod shards;
mod store;
mod stream;
mod table;
