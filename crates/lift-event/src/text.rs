//! Escapes untrusted text for terminals and text logs: control, bidirectional and invisible characters become
//! escape sequences. Not part of the stable API.

use std::{borrow::Cow, fmt::Write as _};

/// One line: only a tab is kept.
///
/// ```
/// use lift_event::text::line;
///
/// assert_eq!(line("a\tü🚀"), "a\tü🚀");
/// assert_eq!(line("\x1b[2J\r\n\u{202e}x"), "\\e[2J\\r\\n\\u{202e}x");
/// ```
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    escaped(text, |c| c == '\t', visible)
}

/// A field between tabs, or a name in a list: neither a tab nor a line break is kept.
#[must_use]
pub fn field(text: &str) -> Cow<'_, str> {
    escaped(text, |_| false, visible)
}

/// A message body, shown as its lines: line breaks and tabs are kept, and the zero-width joiners that
/// scripts and emoji need.
#[must_use]
pub fn lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| matches!(c, '\n' | '\t') || is_joiner(c), visible)
}

/// A text of valid JSON, which stays valid and has the same value. JSON itself escapes only U+0000..U+001F.
///
/// ```
/// use lift_event::text::json;
///
/// assert_eq!(json("{\"a\": \"\u{9b}2J\u{e0041}\"}\n"), "{\"a\": \"\\u009b2J\\udb40\\udc41\"}\n");
/// ```
#[must_use]
pub fn json(text: &str) -> Cow<'_, str> {
    // Outside of strings, JSON has only printable ASCII and these.
    escaped(
        text,
        |c| matches!(c, '\n' | '\r' | '\t'),
        |c, out| {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        },
    )
}

/// The first character that is not allowed in the id of a user or a tenant: one that changes the text around
/// the id on a screen or in a log, or that is invisible.
#[must_use]
pub fn first_invalid_id_char(id: &str) -> Option<char> {
    id.chars().find(|&c| is_unsafe(c) && !is_joiner(c))
}

/// Zero width non-joiner and joiner, which Persian, Indic scripts and emoji are written with.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// Whether `c` controls a terminal, breaks a line, changes the direction of text, or is invisible.
fn is_unsafe(c: char) -> bool {
    match c {
        ' '..='~' => false,
        // C0, DEL and C1.
        c if c.is_control() => true,
        // Line breaks, bidirectional marks, embeddings, overrides and isolates.
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            true
        }
        // Zero width and other invisible characters, and annotations.
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' => true,
        '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{206f}' => true,
        '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' => true,
        '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' => true,
        // Tags, which can carry a hidden text, and the selectors beside them.
        '\u{e0000}'..='\u{e0fff}' => true,
        _ => false,
    }
}

/// `text`, with each unsafe character that is not kept written by `escape`.
fn escaped(
    text: &str,
    keeps: impl Fn(char) -> bool,
    escape: impl Fn(char, &mut String),
) -> Cow<'_, str> {
    let must_go = |c: char| is_unsafe(c) && !keeps(c);
    let Some((start, _)) = text.char_indices().find(|(_, c)| must_go(*c)) else {
        return Cow::Borrowed(text);
    };
    let mut out = String::with_capacity(text.len() + 16);
    out.push_str(&text[..start]);
    for c in text[start..].chars() {
        match must_go(c) {
            true => escape(c, &mut out),
            false => out.push(c),
        }
    }
    Cow::Owned(out)
}

fn visible(c: char, out: &mut String) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{1b}' => out.push_str("\\e"),
        // Writing to a string cannot fail.
        c => drop(write!(out, "\\u{{{:x}}}", u32::from(c))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A character of each kind that controls a terminal, breaks lines, changes the direction of text, or is invisible.
    const UNSAFE: [char; 21] = [
        '\0',
        '\u{7}',
        '\u{8}',
        '\r',
        '\u{1b}',
        '\u{7f}',
        '\u{80}',
        '\u{90}',
        '\u{9b}',
        '\u{9d}',
        '\u{9f}',
        '\u{61c}',
        '\u{200b}',
        '\u{200f}',
        '\u{2028}',
        '\u{2029}',
        '\u{202e}',
        '\u{2066}',
        '\u{2069}',
        '\u{feff}',
        '\u{e0041}',
    ];

    #[test]
    fn hostile_characters_become_visible_ascii_in_every_form() {
        for c in UNSAFE {
            let text = format!("a{c}b");
            for form in [line(&text), field(&text), lines(&text)] {
                assert!(
                    form.is_ascii() && form.starts_with("a\\") && form.ends_with('b'),
                    "{form:?}"
                );
                assert!(!form.chars().any(char::is_control), "{form:?}");
            }
            assert_eq!(first_invalid_id_char(&text), Some(c));
        }
    }

    #[test]
    fn each_form_keeps_what_it_is_for() {
        let text = "a\tb\n\u{1f469}\u{200d}\u{1f4bb} \u{645}\u{6cc}\u{200c}\u{62e} 漢\u{3000}é";
        assert_eq!(lines(text), text);
        assert!(matches!(lines(text), Cow::Borrowed(_)), "nothing is copied");
        assert!(line(text).starts_with("a\tb\\n") && line(text).contains("\\u{200d}"));
        assert!(field(text).starts_with("a\\tb\\n"));
        assert_eq!(
            first_invalid_id_char(
                "\u{1f469}\u{200d}\u{1f4bb} \u{645}\u{6cc}\u{200c}\u{62e} 漢#é'\"<>"
            ),
            None
        );
    }

    #[test]
    fn json_keeps_its_value() {
        for c in UNSAFE {
            let value = serde_json::json!({ format!("key{c}"): [format!("\"\\{c}"), 1.5, null] });
            for text in [value.to_string(), serde_json::to_string_pretty(&value).expect("JSON")] {
                let shown = json(&text);
                assert!(shown.is_ascii(), "{shown}");
                assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).expect("JSON"), value);
            }
        }
    }
}
