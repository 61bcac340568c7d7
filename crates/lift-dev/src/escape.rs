//! Escapes untrusted text for a terminal: route keys, reasons, errors and log lines come from clients and
//! functions, and must not contain terminal control sequences.

use std::{borrow::Cow, fmt::Write as _};

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// `text` with its control characters and bidirectional formatting characters escaped.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_control) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            c if !is_control(c) => escaped.push(c),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\u{1b}' => escaped.push_str("\\e"),
            // Writing to a string cannot fail.
            c => drop(write!(escaped, "\\u{{{:x}}}", u32::from(c))),
        }
    }
    Cow::Owned(escaped)
}

/// Whether `c` controls the terminal or the direction of text. A tab is harmless.
fn is_control(c: char) -> bool {
    let is_bidi = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    (c.is_control() && c != '\t') || is_bidi
}

/// At most `columns` columns of `text`, ending with an ellipsis if it was cut.
pub(crate) fn cut(text: &str, columns: usize) -> Cow<'_, str> {
    if text.width() <= columns {
        return Cow::Borrowed(text);
    }
    let mut left = columns.saturating_sub(1);
    let mut short = String::new();
    for c in text.chars() {
        let Some(rest) = left.checked_sub(c.width().unwrap_or(0)) else { break };
        left = rest;
        short.push(c);
    }
    short.push('…');
    Cow::Owned(short)
}

/// `text`, cut or padded to `columns` columns.
pub(crate) fn fit(text: &str, columns: usize) -> String {
    let text = cut(text, columns);
    let missing = columns - text.width().min(columns);
    format!("{text}{:missing$}", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(escape("a\tü🚀 b"), "a\tü🚀 b");
        assert_eq!(escape("\x1b[2J\r\nroot#\u{7}"), "\\e[2J\\r\\nroot#\\u{7}");
        assert_eq!(escape("\u{9b}1m \u{202e}txt"), "\\u{9b}1m \\u{202e}txt");
    }

    #[test]
    fn wide_characters_count_as_two_columns() {
        assert_eq!(cut("four", 4), "four");
        assert_eq!(cut("fours", 4), "fou…");
        assert_eq!(cut("漢字漢字", 4), "漢…");
        assert_eq!(fit("漢字", 6), "漢字  ");
        assert_eq!(fit("漢字漢字", 6), "漢字… ");
    }
}
