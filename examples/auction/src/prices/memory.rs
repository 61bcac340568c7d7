//! The prices in memory: the twin of the table in tests.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{Bid, Lot, Prices};

/// The prices in memory. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct MemoryPrices(Arc<Mutex<BTreeMap<String, Lot>>>);

impl MemoryPrices {
    fn lots(&self) -> MutexGuard<'_, BTreeMap<String, Lot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Prices for MemoryPrices {
    async fn bid(&self, item: &str, price: u64, bidder: &str) -> io::Result<Bid> {
        let mut lots = self.lots();
        match lots.get(item) {
            Some(lot) if lot.closed => return Ok(Bid::Closed),
            Some(lot) if lot.price >= price => return Ok(Bid::TooLow(lot.clone())),
            _ => (),
        }
        let lot = Lot { item: item.to_owned(), price, bidder: bidder.to_owned(), closed: false };
        lots.insert(item.to_owned(), lot.clone());
        Ok(Bid::Leads(lot))
    }

    async fn lot(&self, item: &str) -> io::Result<Option<Lot>> {
        Ok(self.lots().get(item).cloned())
    }

    async fn close(&self, item: &str) -> io::Result<Option<Lot>> {
        let mut lots = self.lots();
        let Some(lot) = lots.get_mut(item) else { return Ok(None) };
        lot.closed = true;
        Ok(Some(lot.clone()))
    }

    async fn led_by(&self, bidder: &str) -> io::Result<Vec<Lot>> {
        Ok(self.lots().values().filter(|lot| lot.bidder == bidder).cloned().collect())
    }
}
