//! JSON without its secrets, found in one pass over the text: what is no secret is copied as it stands,
//! so numbers, the order of fields and spaces stay, and a message may nest as deep as it likes.

use serde::de::IgnoredAny;

use super::{MASK, Mask, is_secret, mask_subprotocols};

/// JSON in a string in JSON in a string: further than this nobody looks.
const DEEPEST: usize = 4;

/// A text, JSON or not, without its secrets; `None` when it has none.
pub(super) fn masked(mask: &Mask, text: &str, depth: usize) -> Option<String> {
    let is_container = text.trim_start().starts_with(['{', '[']);
    let is_json = is_container && serde_json::from_str::<IgnoredAny>(text).is_ok();
    let masked = match is_json && depth < DEEPEST {
        true => Walk { mask, rest: text, out: String::with_capacity(text.len()), depth }.run(),
        false => mask.plain(text),
    };
    Some(masked).filter(|masked| masked != text)
}

/// A walk over a text that is known to be JSON.
struct Walk<'a> {
    mask: &'a Mask,
    rest: &'a str,
    out: String,
    depth: usize,
}

impl<'a> Walk<'a> {
    fn run(mut self) -> String {
        while let Some(start) = self.rest.find('"') {
            self.copy(start);
            let raw = self.take(string_end(self.rest));
            let after = self.rest.trim_start();
            match after.strip_prefix(':') {
                Some(value) => {
                    self.out += raw;
                    self.copy(self.rest.len() - value.trim_start().len());
                    self.field(&unquoted(raw));
                }
                None => self.string(raw),
            }
        }
        self.copy(self.rest.len());
        self.out
    }

    /// The value of a field, when its name says what it is. Else it is walked over like all the rest.
    fn field(&mut self, name: &str) {
        let end = value_end(self.rest);
        let says_nothing =
            matches!(&self.rest[..end], "null" | "true" | "false" | "\"\"" | "[]" | "{}");
        if says_nothing {
            self.copy(end);
        } else if is_secret(name) {
            self.take(end);
            self.out += &quoted(MASK);
        } else if name.eq_ignore_ascii_case("sec-websocket-protocol") {
            let raw = self.take(end);
            self.out += &match serde_json::from_str::<Vec<String>>(raw) {
                Ok(all) => serde_json::json!(
                    all.iter().map(|one| mask_subprotocols(one)).collect::<Vec<_>>()
                )
                .to_string(),
                Err(_) => quoted(&mask_subprotocols(&unquoted(raw))),
            };
        }
    }

    fn string(&mut self, raw: &str) {
        match masked(self.mask, &unquoted(raw), self.depth + 1) {
            Some(masked) => self.out += &quoted(&masked),
            None => self.out += raw,
        }
    }

    fn take(&mut self, end: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn copy(&mut self, end: usize) {
        let taken = self.take(end);
        self.out += taken;
    }
}

/// Where the string ends that the text begins with.
fn string_end(text: &str) -> usize {
    let mut escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let is_end = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        is_end
    });
    end.map_or(text.len(), |end| end + 2)
}

/// Where the value ends that the text begins with.
fn value_end(text: &str) -> usize {
    let (mut at, mut open) = (0, 0_usize);
    while let Some(byte) = text.as_bytes().get(at) {
        match byte {
            b'"' => at += string_end(&text[at..]) - 1,
            b'{' | b'[' => open += 1,
            b'}' | b']' | b',' if open == 0 => return at,
            b'}' | b']' => open -= 1,
            _ => {}
        }
        at += 1;
        if open == 0 && matches!(byte, b'"' | b'}' | b']') {
            return at;
        }
    }
    text.len()
}

fn unquoted(raw: &str) -> String {
    // What is known to be JSON has no bad strings, but for halves of surrogate pairs.
    serde_json::from_str(raw).unwrap_or_else(|_| raw.to_owned())
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
