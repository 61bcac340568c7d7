//! Masks secrets in a text that is not JSON: bearer tokens, JSON Web Tokens, parameters.

use std::sync::OnceLock;

use regex_lite::{Captures, Regex};

use super::names::{MASK, is_secret};

/// Masks texts that are not JSON.
#[derive(Debug)]
pub(super) struct PlainMask {
    /// Texts that are secret everywhere.
    secrets: Vec<String>,
    /// The subprotocols that the app declares. None until it is described.
    subprotocols: OnceLock<Vec<String>>,
    patterns: Patterns,
}

impl PlainMask {
    pub(super) fn new(secrets: impl IntoIterator<Item = String>) -> Self {
        let secrets = secrets.into_iter().filter(|secret| !secret.is_empty()).collect();
        Self { secrets, subprotocols: OnceLock::new(), patterns: Patterns::new() }
    }

    /// Shows these subprotocols from now on. Only the first call counts.
    pub(super) fn show_subprotocols(&self, names: Vec<String>) {
        let _ = self.subprotocols.set(names);
    }

    /// The subprotocols to show.
    pub(super) fn subprotocols(&self) -> &[String] {
        self.subprotocols.get().map_or(&[], Vec::as_slice)
    }

    /// A text without its secrets.
    pub(super) fn text(&self, text: &str) -> String {
        let text = self.patterns.mask(text);
        self.secrets.iter().fold(text, |text, secret| match text.contains(secret) {
            true => text.replace(secret, MASK),
            false => text,
        })
    }
}

/// The forms of secrets.
#[derive(Debug)]
struct Patterns {
    credentials: Regex,
    signed: Regex,
    parameter: Regex,
    field: Regex,
}

impl Patterns {
    fn new() -> Self {
        let regex = |pattern| Regex::new(pattern).expect("the pattern is sound");
        Self {
            credentials: regex(r"(?i)\b(bearer)\s+[A-Za-z0-9._~+/=-]{8,}"),
            // A JSON Web Token: base64url of `{"`, and two more parts.
            signed: regex(r"\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"),
            parameter: regex(r"([A-Za-z0-9_.-]+)=([^&;\s]+)"),
            // A field of broken JSON, or of JSON in other text.
            field: regex(r#""([A-Za-z0-9_.-]+)"\s*:\s*("([^"\\]|\\.)*"?|[^\s",}\]]+)"#),
        }
    }

    fn mask(&self, text: &str) -> String {
        let mut text = text.to_owned();
        // Looking for one character is faster than a regex, and most texts have none.
        if text.contains([' ', '\t']) {
            let masked = |found: &Captures| format!("{} {MASK}", &found[1]);
            text = self.credentials.replace_all(&text, masked).into_owned();
        }
        if text.contains("eyJ") {
            text = self.signed.replace_all(&text, MASK).into_owned();
        }
        if text.contains('=') {
            let masked = |found: &Captures| match is_secret(&found[1]) {
                true => format!("{}={MASK}", &found[1]),
                false => found[0].to_owned(),
            };
            text = self.parameter.replace_all(&text, masked).into_owned();
        }
        if text.contains("\":") || text.contains("\" :") {
            let masked = |found: &Captures| match is_secret(&found[1]) {
                true => format!("\"{}\":\"{MASK}\"", &found[1]),
                false => found[0].to_owned(),
            };
            text = self.field.replace_all(&text, masked).into_owned();
        }
        text
    }
}
