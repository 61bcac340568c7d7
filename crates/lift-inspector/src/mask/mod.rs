//! Replaces secrets before a text leaves the program, so that screen shares and copied events have none.
//! A secret is found by the name of its field or by its form.
//!
//! JSON is masked by its field names, also JSON in a string, such as the message in an event. The order,
//! the numbers and the spaces stay: a text without secrets is unchanged.

mod json;
mod names;
mod plain;
mod restore;
#[cfg(test)]
mod tests;

#[cfg(test)]
use self::names::MASK;
use self::plain::PlainMask;

/// Finds and replaces secrets.
#[derive(Debug)]
pub(crate) struct Mask(PlainMask);

impl Mask {
    /// Masks these texts, and everything that has the name or the form of a secret.
    pub(crate) fn new(secrets: impl IntoIterator<Item = String>) -> Self {
        Self(PlainMask::new(secrets))
    }

    /// Shows these subprotocols, which the app declares; others may be tokens. Only the first call counts.
    pub(crate) fn show_subprotocols(&self, names: Vec<String>) {
        self.0.show_subprotocols(names);
    }

    /// A text without its secrets.
    pub(crate) fn text(&self, text: &str) -> String {
        json::masked(&self.0, text, 0).unwrap_or_else(|| text.to_owned())
    }
}
