//! What goes wrong, where and how often. [`read`] makes a plan of TOML, and says what is wrong
//! with it; whatever comes after deals with plans that make sense.

mod error;
mod operation;
mod range;
mod read;

use std::{fmt, ops::RangeInclusive, str::FromStr, time::Duration};

use http::StatusCode;
use serde::Deserialize;

pub use error::PlanError;
pub(crate) use operation::{Access, access};

/// What goes wrong: a seed and the plan's entries, in their order.
///
/// It is read from TOML; the chapter "Faults on purpose" of the book has the table of what may
/// stand in it.
///
/// ```
/// let plan: lift_faults::Plan = r#"
///     seed = 7
///
///     [[fault]]
///     api = "dynamodb"
///     operation = "PutItem"
///     kind = "reset"
///     lost = "answer"
///     share = 0.02
/// "#
/// .parse()?;
/// assert_eq!(plan.seed(), 7);
///
/// let error = "[[fault]]\napi = 'dynamodb'\nkind = 'hangs'".parse::<lift_faults::Plan>();
/// let error = error.unwrap_err().to_string();
/// assert_eq!(error, "line 3: unknown variant `hangs`: did you mean `hang`?");
/// # Ok::<(), lift_faults::PlanError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Plan {
    seed: u64,
    faults: Vec<Fault>,
}

impl Plan {
    /// What all chance comes from.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The same plan with another seed, for tests that try many.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// How many entries the plan has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.faults.len()
    }

    /// Whether nothing goes wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }

    /// Whether reads lag in it, so that a link to DynamoDB needs copies of the tables: see
    /// [`Link::dynamodb_with_copies`](crate::Link::dynamodb_with_copies).
    #[must_use]
    pub fn lags(&self) -> bool {
        self.has_stale_reads() || self.has_index_lag()
    }

    pub(crate) fn has_stale_reads(&self) -> bool {
        self.faults.iter().any(|fault| matches!(fault.what, What::Stale(_)))
    }

    pub(crate) fn has_index_lag(&self) -> bool {
        self.faults.iter().any(|fault| matches!(fault.what, What::IndexLag(_)))
    }

    pub(crate) fn faults(&self) -> impl Iterator<Item = (usize, &Fault)> {
        self.faults.iter().enumerate()
    }
}

impl FromStr for Plan {
    type Err = PlanError;

    fn from_str(text: &str) -> Result<Self, PlanError> {
        read::plan(text)
    }
}

/// An API that a program calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Api {
    /// The DynamoDB API.
    DynamoDb,
    /// The management API of API Gateway's WebSocket APIs.
    Connections,
    /// The Lambda Runtime API.
    Runtime,
}

/// As it stands in a plan.
impl fmt::Display for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DynamoDb => "dynamodb",
            Self::Connections => "connections",
            Self::Runtime => "runtime",
        })
    }
}

/// One entry of a plan.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) api: Api,
    pub(crate) operation: Option<String>,
    pub(crate) subject: Option<Subject>,
    pub(crate) when: When,
    /// From when to when after the start; `None` is for ever.
    pub(crate) window: (Duration, Option<Duration>),
    pub(crate) what: What,
}

/// On which of the requests that it matches a fault falls. They are counted from 1, each operation
/// for itself.
#[derive(Clone, Debug)]
pub(crate) enum When {
    /// On each with this probability.
    Share(f64),
    /// On those with these numbers.
    Nth(Vec<RangeInclusive<u64>>),
}

/// The item or the connection that a request is about: a text, or how it begins.
#[derive(Clone, Debug)]
pub(crate) enum Subject {
    Exactly(String),
    Beginning(String),
}

impl Subject {
    pub(crate) fn is(&self, text: &str) -> bool {
        match self {
            Self::Exactly(whole) => text == whole,
            Self::Beginning(start) => text.starts_with(start.as_str()),
        }
    }
}

/// Milliseconds, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from: u64,
    pub(crate) to: u64,
}

/// What goes wrong with a request.
#[derive(Clone, Debug)]
pub(crate) enum What {
    Delay(Span),
    Throttle(Option<Reason>),
    Error { status: StatusCode, name: Option<String>, lost: Lost },
    Hang { at_most: Option<Span>, lost: Lost },
    Reset { lost: Lost },
    Duplicate(Span),
    Reorder { at_most: Span },
    Stale(Span),
    IndexLag(Span),
}

/// Why DynamoDB throttles.
#[derive(Clone, Debug)]
pub(crate) struct Reason {
    /// One of AWS's sixteen words.
    pub(crate) name: String,
    /// The index that is meant, when the reason is about one and the request does not name it.
    pub(crate) index: Option<String>,
}

impl Reason {
    pub(crate) fn is_of_index(&self) -> bool {
        self.name.starts_with("Index")
    }

    pub(crate) fn access(&self) -> Access {
        let rest = self.name.trim_start_matches("Index").trim_start_matches("Table");
        if rest.starts_with("Read") { Access::Read } else { Access::Write }
    }
}

/// What a broken call has lost: the request, so that nothing was done, or the answer, so that all
/// was done and the program does not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Lost {
    #[default]
    Request,
    Answer,
}
