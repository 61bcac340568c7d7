//! Masks JSON in one pass over its text. The rest is copied unchanged, so numbers, order and spaces stay,
//! and the nesting can have any depth.

use serde::de::IgnoredAny;

use super::{
    names::{MASK, is_error_code, is_secret, mask_subprotocols},
    plain::PlainMask,
};

/// How many levels of JSON in strings are masked.
const MAX_DEPTH: usize = 4;

/// A text without its secrets. `None`: it has none.
pub(super) fn masked(mask: &PlainMask, text: &str, depth: usize) -> Option<String> {
    let is_container = text.trim_start().starts_with(['{', '[']);
    let is_json = is_container && serde_json::from_str::<IgnoredAny>(text).is_ok();
    let masked = match is_json && depth < MAX_DEPTH {
        true => Walk { mask, rest: text, out: String::with_capacity(text.len()), depth }.run(),
        false => mask.text(text),
    };
    Some(masked).filter(|masked| masked != text)
}

/// A pass over valid JSON.
struct Walk<'a> {
    mask: &'a PlainMask,
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

    /// Masks the value of a field with the name of a secret. Other values follow in the pass.
    fn field(&mut self, name: &str) {
        let end = value_end(self.rest);
        let says_nothing =
            matches!(&self.rest[..end], "null" | "true" | "false" | "\"\"" | "[]" | "{}");
        if says_nothing {
            self.copy(end);
        } else if is_secret(name) && !is_error_code(name, &unquoted(&self.rest[..end])) {
            // A list of texts stays one, so that an event with several values of a header can be read.
            let raw = self.take(end);
            self.out += &match serde_json::from_str::<Vec<String>>(raw) {
                Ok(all) => serde_json::json!(vec![MASK; all.len()]).to_string(),
                Err(_) => quoted(MASK),
            };
        } else if name.eq_ignore_ascii_case("sec-websocket-protocol") {
            let raw = self.take(end);
            let masked = |offered: &str| mask_subprotocols(offered, self.mask.subprotocols());
            self.out += &match serde_json::from_str::<Vec<String>>(raw) {
                Ok(all) => serde_json::json!(all.iter().map(|one| masked(one)).collect::<Vec<_>>())
                    .to_string(),
                Err(_) => quoted(&masked(&unquoted(raw))),
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
    // Valid JSON has no invalid strings except halves of surrogate pairs.
    serde_json::from_str(raw).unwrap_or_else(|_| raw.to_owned())
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
