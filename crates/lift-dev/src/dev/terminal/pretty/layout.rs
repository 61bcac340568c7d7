//! How wide the columns are: for 80 columns, or for a narrower terminal.

use anstyle::Style;
use unicode_width::UnicodeWidthStr as _;

use super::text::{bytes_of, line, styled};

/// The columns of an event's line on a wide terminal.
const WIDE: usize = 80;

/// The columns of what is at the end of an event's line, on a wide terminal.
pub(super) const WIDE_DETAILS: usize = 20;

/// The columns of the status and of the duration.
const STATUS: usize = 5;
const TOOK: usize = 8;

/// The widths of columns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    /// The format of the time.
    pub(super) time: &'static str,
    /// What is between two columns.
    pub(super) gap: &'static str,
    pub(super) route: usize,
    /// What is at the end of an event's line: sizes, a code or a reason.
    pub(super) details: usize,
    /// The columns before the size of posts; `None` if the size is not shown.
    pub(super) posts: Option<usize>,
    /// The columns of a reason before it continues in the next line.
    reason: usize,
}

impl Layout {
    pub(super) const WIDE: Self = Self {
        time: "%H:%M:%S%.3f",
        gap: "  ",
        route: 16,
        details: WIDE_DETAILS,
        posts: Some(16 + 2 + STATUS + 2 + TOOK + 2 + 8),
        reason: usize::MAX,
    };

    /// The layout for a terminal. `None`: the output is no terminal.
    pub(super) fn of(columns: Option<usize>) -> Self {
        let Some(columns) = columns.filter(|columns| *columns < WIDE) else { return Self::WIDE };
        // The time, a connection's id, a status, a duration, and the gaps before the route and after it.
        let others = 8 + 1 + 8 + 1 + 1 + STATUS + 1 + TOOK;
        let room = columns.saturating_sub(others);
        let route = room.clamp(8, 12);
        Self {
            time: "%H:%M:%S",
            gap: " ",
            route,
            details: room.saturating_sub(route + 1),
            posts: None,
            reason: columns.saturating_sub(4).max(20),
        }
    }

    /// The sizes of a message and of what the client received for it, as far as there is room.
    pub(super) fn sizes(&self, message: Option<usize>, reply: Option<usize>) -> String {
        if message.is_none() && reply.is_none() {
            return String::new();
        }
        let size = |bytes: Option<usize>| bytes.map_or_else(String::new, bytes_of);
        let arrow = if reply.is_some() { " → " } else { "" };
        let sizes = format!("{:>8}{arrow}{}", size(message), size(reply));
        if sizes.width() <= self.details.max(WIDE_DETAILS * usize::from(self.posts.is_some())) {
            return sizes;
        }
        let message = size(message);
        if message.width() <= self.details { message } else { String::new() }
    }

    /// Adds the reason for an error, with a mark in the first style and the text in the second.
    pub(super) fn reason(&self, text: &mut String, (mark, style): (Style, Style), reason: &str) {
        for (index, part) in self.wrap(reason).iter().enumerate() {
            let before = if index == 0 { styled(mark, "✗") } else { " ".to_owned() };
            line(text, &format!("  {before} {}", styled(style, part)));
        }
    }

    /// The text in lines that have room beside an indentation of four columns. Words stay whole.
    pub(super) fn wrap(&self, text: &str) -> Vec<String> {
        let mut lines = vec![String::new()];
        for word in text.split(' ') {
            let last = lines.len() - 1;
            let current = &mut lines[last];
            let is_first = current.is_empty();
            if !is_first && current.width() + 1 + word.width() > self.reason {
                lines.push(word.to_owned());
                continue;
            }
            if !is_first {
                current.push(' ');
            }
            current.push_str(word);
        }
        lines
    }
}
