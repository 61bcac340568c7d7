//! Untrusted text for a terminal: route keys, reasons, errors and log lines come from clients and functions, and
//! must not control the terminal or look like lines that Lift wrote. `lift_event::text` defines what is escaped.

use std::borrow::Cow;

pub(crate) use lift_event::text::{field, json, line, lines};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// `text` as its lines: further lines are indented, so that none looks like a line of Lift's own.
pub(crate) fn block(text: &str) -> String {
    let text = lines(text);
    let mut block = String::with_capacity(text.len() + 16);
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            block.push('\n');
            if !line.is_empty() && !line.starts_with(' ') {
                block.push_str("  ");
            }
        }
        block.push_str(line);
    }
    block
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
        assert_eq!(line("a\tü🚀 b"), "a\tü🚀 b");
        assert_eq!(line("\x1b[2J\r\nroot#\u{7}"), "\\e[2J\\r\\nroot#\\u{7}");
        assert_eq!(line("\u{9b}1m \u{202e}txt"), "\\u{9b}1m \\u{202e}txt");
    }

    #[test]
    fn further_lines_are_indented() {
        let text = "cannot start\n  its line\nLift is ready.\n\n\x1b[2J";
        let expected = "cannot start\n  its line\n  Lift is ready.\n\n  \\e[2J";
        assert_eq!(block(text), expected);
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
