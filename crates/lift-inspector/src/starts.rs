//! Where the pages of tables start. The pages do not get it, because a start is a key, and keys may be secret.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use serde_json::Value;

/// Where the pages of each table start, from the second page on.
#[derive(Debug, Default)]
pub(crate) struct Starts(Mutex<HashMap<String, Vec<Value>>>);

impl Starts {
    /// Where the page after page `index` starts.
    pub(crate) fn get(&self, table: &str, index: usize) -> Option<Value> {
        let starts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        starts.get(table)?.get(index).cloned()
    }

    /// Sets a start, and forgets those after it.
    pub(crate) fn set(&self, table: &str, index: usize, start: Value) {
        let mut starts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let starts = starts.entry(table.to_owned()).or_default();
        starts.truncate(index);
        starts.push(start);
    }
}
