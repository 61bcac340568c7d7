//! Secrets in a text that is no JSON, by their looks: bearer tokens, signed tokens, parameters.

use regex_lite::{Captures, Regex};

use super::{MASK, is_secret};

/// What a secret looks like.
#[derive(Debug)]
pub(super) struct Patterns {
    credentials: Regex,
    signed: Regex,
    parameter: Regex,
    field: Regex,
}

impl Patterns {
    pub(super) fn new() -> Self {
        let regex = |pattern| Regex::new(pattern).expect("the pattern is sound");
        Self {
            credentials: regex(r"(?i)\b(bearer)\s+[A-Za-z0-9._~+/=-]{8,}"),
            // A JSON Web Token: base64url of `{"`, and two more parts.
            signed: regex(r"\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"),
            parameter: regex(r"([A-Za-z0-9_.-]+)=([^&;\s]+)"),
            // Of JSON that is broken, or amid other text.
            field: regex(r#""([A-Za-z0-9_.-]+)"\s*:\s*("([^"\\]|\\.)*"?|[^\s",}\]]+)"#),
        }
    }

    pub(super) fn mask(&self, text: &str) -> String {
        let mut text = text.to_owned();
        // Most texts have none of these, and looking for a sign is faster.
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
