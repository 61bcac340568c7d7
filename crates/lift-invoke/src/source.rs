//! Where an invocation comes from, for observers. The function does not see it.

/// The source of an invocation that is not of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// `lift invoke`, or a program that calls Lambda's Invoke API.
    Invoke,
    /// Another function, which calls Lambda's Invoke API while it handles an event.
    Function,
    /// The schedule with this name.
    Schedule(String),
    /// Messages of a queue.
    Sqs,
}

impl Source {
    /// Its name: `invoke`, `function`, `schedule` or `sqs`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Invoke => "invoke",
            Self::Function => "function",
            Self::Schedule(_) => "schedule",
            Self::Sqs => "sqs",
        }
    }

    /// The name of the schedule, if it is one.
    #[must_use]
    pub fn schedule(&self) -> Option<&str> {
        match self {
            Self::Schedule(name) => Some(name),
            Self::Invoke | Self::Function | Self::Sqs => None,
        }
    }
}
