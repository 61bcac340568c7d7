//! Foreign words made fit for a terminal: route keys, reasons, errors and log lines come from clients
//! and functions, and none of them may steer it.

use std::{borrow::Cow, fmt::Write as _};

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// The text with its control characters, and those that turn the direction of writing, spelled out.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    if !text.chars().any(steers) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            c if !steers(c) => escaped.push(c),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\u{1b}' => escaped.push_str("\\e"),
            // A string takes whatever is written.
            c => drop(write!(escaped, "\\u{{{:x}}}", u32::from(c))),
        }
    }
    Cow::Owned(escaped)
}

/// A tab moves the cursor, but not far.
fn steers(c: char) -> bool {
    let turns = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    (c.is_control() && c != '\t') || turns
}

/// At most so many columns of the text, the last of them an ellipsis if there was more.
pub(crate) fn cut(text: &str, columns: usize) -> Cow<'_, str> {
    if text.width() <= columns {
        return Cow::Borrowed(text);
    }
    let mut left = columns.saturating_sub(1);
    let fits = |c: &char| match left.checked_sub(c.width().unwrap_or(0)) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    };
    let mut short: String = text.chars().take_while(fits).collect();
    short.push('…');
    Cow::Owned(short)
}

/// The text, cut or filled up to so many columns.
pub(crate) fn fit(text: &str, columns: usize) -> String {
    let text = cut(text, columns);
    let missing = columns - text.width().min(columns);
    format!("{text}{:missing$}", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(escape("a\tü🚀 b"), "a\tü🚀 b");
        assert_eq!(escape("\x1b[2J\r\nroot#\u{7}"), "\\e[2J\\r\\nroot#\\u{7}");
        assert_eq!(escape("\u{9b}1m \u{202e}txt"), "\\u{9b}1m \\u{202e}txt");
    }

    #[test]
    fn columns_are_counted_as_they_are_seen() {
        assert_eq!(cut("four", 4), "four");
        assert_eq!(cut("fours", 4), "fou…");
        assert_eq!(cut("漢字漢字", 4), "漢…");
        assert_eq!(fit("漢字", 6), "漢字  ");
        assert_eq!(fit("漢字漢字", 6), "漢字… ");
    }
}
