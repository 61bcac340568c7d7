//! The auction without AWS: the app with the prices in memory, and the prices in memory and in a
//! DynamoDB API on this machine by the same contract.

mod app;
mod prices;
