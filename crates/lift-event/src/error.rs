//! Why bytes are not an event or a reply. Names the field, never panics, never grows with the input.

use std::fmt;

use serde::Deserialize;

/// The most characters of a fault that are kept: a message may quote the input.
const MAX_FAULT: usize = 200;

/// The bytes are not what API Gateway, or a function behind it, sends.
///
/// [`field`](Self::field) says where. The text may quote a short part of the input: it is for
/// logs, not for clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    field: String,
    fault: String,
}

impl DecodeError {
    pub(crate) fn new(field: impl Into<String>, fault: impl fmt::Display) -> Self {
        let fault = fault.to_string().chars().take(MAX_FAULT).collect();
        Self { field: field.into(), fault }
    }

    /// Parses the text once more, slowly, to learn where the fault is.
    pub(crate) fn locate<'de, T: Deserialize<'de>>(text: &'de str, within: &str) -> Self {
        let mut json = serde_json::Deserializer::from_str(text);
        let fault = match serde_path_to_error::deserialize::<_, T>(&mut json) {
            Err(fault) => fault,
            // The value itself is right, so the fault is behind it.
            Ok(_) => return Self::new(within, "trailing characters after the JSON value"),
        };
        let path: String = fault.path().to_string().chars().take(MAX_FAULT).collect();
        let field = match (within, path.as_str()) {
            ("", path) => path.to_owned(),
            (within, ".") => within.to_owned(),
            (within, path) => format!("{within}.{path}"),
        };
        Self::new(field, fault.inner())
    }

    /// The path of the field at fault, such as `requestContext.connectionId`; `.` for the whole.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.field, self.fault)
    }
}

impl std::error::Error for DecodeError {}
