//! The events that failed, counted by the codes of their errors.

use std::collections::BTreeMap;

/// The most codes that are counted each for itself. An app may make up any number of them.
const MOST_CODES: usize = 100;

/// The code of all further errors.
const FURTHER: &str = "other";

/// How many events failed, by code.
#[derive(Debug, Clone, Default)]
pub(crate) struct Failed(BTreeMap<String, u64>);

impl Failed {
    /// Counts an event that failed with this code.
    pub(crate) fn add(&mut self, code: &str) {
        let is_known = self.0.contains_key(code) || self.0.len() < MOST_CODES;
        let code = if is_known { code } else { FURTHER };
        *self.0.entry(code.to_owned()).or_default() += 1;
    }

    pub(crate) fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// The codes and their counts, in the order of the codes.
    pub(crate) fn by_code(&self) -> &BTreeMap<String, u64> {
        &self.0
    }

    /// The codes and their counts, the most frequent first.
    pub(crate) fn most_frequent(&self) -> Vec<(&str, u64)> {
        let mut codes: Vec<_> = self.0.iter().map(|(code, count)| (&**code, *count)).collect();
        codes.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        codes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_bounded_and_their_sum_is_exact() {
        let mut failed = Failed::default();
        for number in 0..1000 {
            failed.add(&number.to_string());
            failed.add("too_low");
        }
        assert_eq!(failed.total(), 2000);
        assert_eq!(failed.by_code().len(), MOST_CODES + 1);
        assert_eq!(failed.most_frequent()[..2], [("too_low", 1000), (FURTHER, 901)]);
    }
}
