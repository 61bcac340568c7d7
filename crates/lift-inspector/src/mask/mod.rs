//! Secrets do not reach the page: what carries one by its name, or looks like one, is replaced before
//! it leaves the program. In a screen share or a copied event there is nothing to leak.
//!
//! JSON is masked by the names of its fields, also JSON within a string, as a message is in an event.
//! Its order, its numbers and its spaces stay: a text without a secret is shown as it came.

mod json;
mod plain;
mod restore;
#[cfg(test)]
mod tests;

use self::plain::Patterns;

/// What stands for a secret.
pub(crate) const MASK: &str = "•••";

/// What is secret.
#[derive(Debug)]
pub(crate) struct Mask {
    /// Texts that are secret wherever they stand.
    secrets: Vec<String>,
    patterns: Patterns,
}

impl Mask {
    /// Masks these texts, and all that is secret by its name or its looks.
    pub(crate) fn new(secrets: impl IntoIterator<Item = String>) -> Self {
        let secrets = secrets.into_iter().filter(|secret| !secret.is_empty()).collect();
        Self { secrets, patterns: Patterns::new() }
    }

    /// A text without its secrets.
    pub(crate) fn text(&self, text: &str) -> String {
        json::masked(self, text, 0).unwrap_or_else(|| text.to_owned())
    }

    /// A text that is no JSON.
    fn plain(&self, text: &str) -> String {
        let text = self.patterns.mask(text);
        self.secrets.iter().fold(text, |text, secret| match text.contains(secret) {
            true => text.replace(secret, MASK),
            false => text,
        })
    }
}

/// Whether what is called so is a secret: a field, a header, a parameter.
fn is_secret(name: &str) -> bool {
    const WITHIN: [&str; 7] =
        ["token", "ticket", "secret", "password", "passwd", "jwt", "credential"];
    const WHOLE: [&str; 15] = [
        "apikey",
        "auth",
        "authorization",
        "accesskey",
        "cookie",
        "key",
        "otp",
        "passphrase",
        "privatekey",
        "proxyauthorization",
        "pwd",
        "setcookie",
        "sig",
        "signature",
        "xapikey",
    ];
    let is_sign = |c: &char| !matches!(c, '-' | '_' | '.' | ' ');
    let name: String = name.chars().filter(is_sign).map(|c| c.to_ascii_lowercase()).collect();
    WITHIN.iter().any(|part| name.contains(part)) || WHOLE.contains(&&*name)
}

/// A subprotocol that is not the name of one: browsers can send no header, so tokens travel here.
fn mask_subprotocols(offered: &str) -> String {
    const LONGEST: usize = 32;
    let mut after_secret = false;
    let offered = offered.split(',').map(|one| {
        let one = one.trim();
        let named = is_secret(one) || one.to_ascii_lowercase().contains("bearer");
        let hidden = after_secret || one.len() > LONGEST || (named && one.contains('.'));
        after_secret = named;
        if hidden { MASK } else { one }
    });
    offered.collect::<Vec<_>>().join(", ")
}
