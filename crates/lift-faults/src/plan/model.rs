//! The types of a plan.

use std::{fmt, ops::RangeInclusive, time::Duration};

use http::StatusCode;
use serde::Deserialize;

/// A fault plan: a seed and entries, in their order.
///
/// It is parsed from TOML. The chapter "Fault injection" of the book describes the format.
///
/// ```
/// let plan: lift_faults::Plan = r#"
///     seed = 7
///
///     [[fault]]
///     api = "dynamodb"
///     operation = "PutItem"
///     kind = "reset"
///     lost = "response"
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
    pub(super) seed: u64,
    pub(super) faults: Vec<Fault>,
}

impl Plan {
    /// The seed of all random choices.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The same plan with another seed.
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

    /// Whether the plan has no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }

    /// Whether reads lag in the plan. If so, a link to DynamoDB needs copies of the tables: see
    /// [`Link::dynamodb_with_copies`](crate::Link::dynamodb_with_copies).
    #[must_use]
    pub fn lags(&self) -> bool {
        self.has_stale_reads() || self.has_index_lag()
    }

    pub(crate) fn has_stale_reads(&self) -> bool {
        self.faults.iter().any(|fault| matches!(fault.what, FaultKind::Stale(_)))
    }

    pub(crate) fn has_index_lag(&self) -> bool {
        self.faults.iter().any(|fault| matches!(fault.what, FaultKind::IndexLag(_)))
    }

    pub(crate) fn faults(&self) -> impl Iterator<Item = (usize, &Fault)> {
        self.faults.iter().enumerate()
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

/// The name in a plan.
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
    pub(crate) when: Frequency,
    /// Start and end, after the start of the plan; `None` is no end.
    pub(crate) window: (Duration, Option<Duration>),
    pub(crate) what: FaultKind,
}

/// Which of the requests that match an entry get its fault. They are counted from 1 for each operation.
#[derive(Clone, Debug)]
pub(crate) enum Frequency {
    /// Each with this probability.
    Share(f64),
    /// Those with these numbers.
    Nth(Vec<RangeInclusive<u64>>),
}

/// The item or the connection that a request has to concern: its name, or the start of it.
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

/// A range of milliseconds, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MillisRange {
    pub(crate) from: u64,
    pub(crate) to: u64,
}

/// A fault, with ranges where the value is random.
#[derive(Clone, Debug)]
pub(crate) enum FaultKind {
    Delay(MillisRange),
    Throttle(Option<Reason>),
    Error { status: StatusCode, name: Option<String>, lost: LostPart },
    Hang { at_most: Option<MillisRange>, lost: LostPart },
    Reset { lost: LostPart },
    Duplicate(MillisRange),
    Reorder { at_most: MillisRange },
    Stale(MillisRange),
    IndexLag(MillisRange),
}

/// The reason that DynamoDB gives for throttling.
#[derive(Clone, Debug)]
pub(crate) struct Reason {
    /// One of AWS's 16 reasons ([S-1.1.7]).
    pub(crate) name: String,
    /// The index, if the reason concerns one and the request does not name it.
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

/// How an operation of DynamoDB uses items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

/// What a failed call loses: the request, so that it is not executed, or the response, so that it is
/// executed and the program does not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LostPart {
    #[default]
    Request,
    /// Earlier plans say `answer`.
    #[serde(alias = "answer")]
    Response,
}
