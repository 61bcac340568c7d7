//! The app's own data: what the app needs of it as a trait, and the two implementations.

pub(crate) mod dynamo;
pub(crate) mod memory;

use std::{future::Future, io};

use serde::Serialize;

/// An item of the auction and its highest bid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lot {
    /// The item.
    pub item: String,
    /// The highest bid.
    pub price: u64,
    /// Its bidder.
    pub bidder: String,
    /// Whether the auction has ended.
    pub closed: bool,
}

/// What became of a bid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bid {
    /// It leads.
    Leads(Lot),
    /// It is not above the price of this one.
    TooLow(Lot),
    /// The auction of the item has ended.
    Closed,
}

/// The prices: a DynamoDB table, or memory in a test. A failure of the table is an [`io::Error`], which
/// `?` takes in a handler.
pub trait Prices: Clone + Send + Sync + 'static {
    /// Bids for an item. Of two bids at the same time, only the higher one leads.
    fn bid(
        &self,
        item: &str,
        price: u64,
        bidder: &str,
    ) -> impl Future<Output = io::Result<Bid>> + Send;

    /// The item as it is, if someone has bid for it.
    fn lot(&self, item: &str) -> impl Future<Output = io::Result<Option<Lot>>> + Send;

    /// Ends the auction of an item, and returns the winning bid if there is one.
    fn close(&self, item: &str) -> impl Future<Output = io::Result<Option<Lot>>> + Send;

    /// The items that a user leads, by name. It can lag behind bids.
    fn led_by(&self, bidder: &str) -> impl Future<Output = io::Result<Vec<Lot>>> + Send;
}
