//! The record of what went wrong, to print and to compare.

use std::{collections::VecDeque, fmt};

use crate::plan::Api;

/// So many faults are kept; of those before them only the number is known.
const KEPT: usize = 100_000;

/// One fault that fell on one request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Injected {
    /// The how manieth fault this was, from 1.
    pub number: u64,
    /// The entry of the plan that it came from, from 1.
    pub entry: usize,
    /// The API.
    pub api: Api,
    /// The operation, by the name that plans use.
    pub operation: String,
    /// The how manieth request of this operation it fell on, of those that the entry matches.
    pub request: u64,
    /// What the request was about: a table, a connection.
    pub subject: Option<String>,
    /// What happened, in the words of the plan: `delay of 120 ms`, `reset, the answer is lost`.
    pub what: String,
}

/// One line, without a line break.
impl fmt::Display for Injected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, entry, api, operation, request, subject, what } = self;
        write!(f, "fault {number}: {what}, on {api} {operation} {request}")?;
        if let Some(subject) = subject {
            // It may be the program's own word, which must not steer a terminal.
            write!(f, " ({})", subject.escape_debug())?;
        }
        write!(f, ", by entry {entry}")
    }
}

/// All that went wrong so far. Printed, it is the seed and a line for each fault.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub(crate) seed: u64,
    pub(crate) total: u64,
    pub(crate) faults: VecDeque<Injected>,
}

impl Report {
    /// The seed that, with the same plan and the same requests, does all this again.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// How many faults there were.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The faults in the order in which they were decided; the last 100,000.
    pub fn faults(&self) -> impl ExactSizeIterator<Item = &Injected> {
        self.faults.iter()
    }

    pub(crate) fn add(&mut self, fault: Injected) {
        if self.faults.len() == KEPT {
            self.faults.pop_front();
        }
        self.faults.push_back(fault);
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}, {} faults", self.seed, self.total)?;
        for fault in &self.faults {
            write!(f, "\n{fault}")?;
        }
        Ok(())
    }
}
