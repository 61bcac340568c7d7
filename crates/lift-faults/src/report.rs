//! The report of injected faults, to print and to compare.

use std::{collections::VecDeque, fmt};

use crate::plan::Api;

/// How many faults a report keeps; earlier ones are only counted.
const KEPT: usize = 100_000;

/// A fault that was injected into a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InjectedFault {
    /// The number of the fault, counted from 1.
    pub number: u64,
    /// The entry of the plan that caused it, counted from 1.
    pub entry: usize,
    /// The API.
    pub api: Api,
    /// The operation, as plans name it.
    pub operation: String,
    /// The number of the request among those of this operation that the entry matches, counted from 1.
    pub request: u64,
    /// What the request concerned: a table, a connection, an invocation.
    pub subject: Option<String>,
    /// What happened, such as `delay of 120 ms` or `reset, the response is lost`.
    pub what: String,
}

/// One line, without a line break.
impl fmt::Display for InjectedFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, entry, api, operation, request, subject, what } = self;
        write!(f, "fault {number}: {what}, on {api} {operation} {request}")?;
        if let Some(subject) = subject {
            // The program controls this text, so control characters are escaped.
            write!(f, " ({})", subject.escape_debug())?;
        }
        write!(f, ", by entry {entry}")
    }
}

/// The faults injected so far. Displayed as the seed and a line for each fault.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FaultReport {
    pub(crate) seed: u64,
    pub(crate) total: u64,
    pub(crate) faults: VecDeque<InjectedFault>,
}

impl FaultReport {
    /// The seed. With the same plan and requests it gives the same faults.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// How many faults there were.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The last 100,000 faults, in the order in which they were decided.
    pub fn faults(&self) -> impl ExactSizeIterator<Item = &InjectedFault> {
        self.faults.iter()
    }

    pub(crate) fn add(&mut self, fault: InjectedFault) {
        if self.faults.len() == KEPT {
            self.faults.pop_front();
        }
        self.faults.push_back(fault);
    }
}

impl fmt::Display for FaultReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}, {} faults", self.seed, self.total)?;
        for fault in &self.faults {
            write!(f, "\n{fault}")?;
        }
        Ok(())
    }
}
