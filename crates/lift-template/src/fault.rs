//! What is wrong with a template, and where.

use std::fmt::{self, Display, Formatter};

/// What a reader answers.
pub(crate) type Read<T> = Result<T, Fault>;

/// Something in a template that keeps it from being read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line; 0 when the fault is of the whole file.
    pub line: usize,
    /// The path of keys, such as `Resources.Chat.Properties.Runtime`; empty when there is none.
    pub place: String,
    /// What is wrong, and how to mend it.
    pub what: String,
}

impl Fault {
    pub(crate) fn new(line: usize, what: impl Into<String>) -> Self {
        Self { line, place: String::new(), what: what.into() }
    }

    /// The same with a place, unless one is known that is nearer.
    pub(crate) fn at(mut self, place: &str) -> Self {
        if self.place.is_empty() {
            place.clone_into(&mut self.place);
        }
        self
    }

    /// The same, below a key.
    pub(crate) fn below(mut self, key: &str) -> Self {
        self.place = match &*self.place {
            "" => key.to_owned(),
            place => format!("{key}.{place}"),
        };
        self
    }
}

/// Continues after the file's name, as compilers write it.
impl Display for Fault {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { line, place, what } = self;
        if *line > 0 {
            write!(f, ":{line}")?;
        }
        match &**place {
            "" => write!(f, ": {what}"),
            place => write!(f, ": {place}: {what}"),
        }
    }
}

impl std::error::Error for Fault {}

/// Something that a template asks for and `lift dev` does not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The path of keys.
    pub place: String,
    /// What is not done, and what follows from that.
    pub what: String,
}
