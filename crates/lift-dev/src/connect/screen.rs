//! The output: messages go to stdout, everything else to stderr, or above the prompt if there is one.
//!
//! The server must not control the terminal. So a message is escaped there, and only a pipe gets its bytes;
//! everything else is escaped everywhere.

use std::{
    borrow::Cow,
    fmt::Display,
    io::{self, IsTerminal as _, Write as _},
};

use rustyline::ExternalPrinter;
use serde::de::IgnoredAny;
use tokio_tungstenite::tungstenite::http::Uri;

use crate::escape::{block, line, lines};

const KEY: &str = "\x1b[36m";
const STRING: &str = "\x1b[32m";
const NUMBER: &str = "\x1b[33m";
const WORD: &str = "\x1b[35m";
const PLAIN: &str = "\x1b[0m";

type Printer = Box<dyn ExternalPrinter + Send>;

pub(super) struct Screen {
    color: bool,
    /// Whether stdout is a terminal.
    terminal: bool,
    above: Option<Printer>,
}

impl Screen {
    pub(super) fn new(color: bool) -> Self {
        Self { color, terminal: io::stdout().is_terminal(), above: None }
    }

    /// Prints above the prompt from now on.
    pub(super) fn print_above(&mut self, printer: Printer) {
        self.above = Some(printer);
    }

    pub(super) fn connected(&mut self, url: &Uri, subprotocol: Option<&str>, interactive: bool) {
        let chosen =
            subprotocol.map(|name| format!(", subprotocol {}", line(name))).unwrap_or_default();
        let hint = if interactive { ": /help for help, Ctrl-D to close" } else { "" };
        self.note(format!("connected to {url}{chosen}{hint}"));
    }

    /// Prints a received message.
    pub(super) fn message(&mut self, text: &str) {
        let shown = match (&self.above, self.color) {
            (None, _) if !self.terminal => Cow::Borrowed(text),
            (_, true) => highlight(text).into(),
            (_, false) => lines(text),
        };
        match &mut self.above {
            Some(above) => {
                // Further lines are indented, so that none looks like another message.
                let _ = above.print(format!("< {}\n", shown.replace('\n', "\n  ")));
            }
            // Fails if the reader closed the pipe.
            None => {
                let _ = writeln!(io::stdout(), "{shown}");
            }
        }
    }

    /// Prints anything else.
    pub(super) fn note(&mut self, text: impl Display) {
        let text = block(&text.to_string());
        let text = if self.color { format!("\x1b[2m{text}\x1b[0m") } else { text };
        match &mut self.above {
            Some(above) => {
                let _ = above.print(format!("{text}\n"));
            }
            // Fails if the reader closed stderr.
            None => drop(writeln!(io::stderr(), "{text}")),
        }
    }
}

/// `text`, escaped, and with colors if it is JSON. The text is not reformatted.
fn highlight(text: &str) -> String {
    if serde_json::from_str::<IgnoredAny>(text).is_err() {
        return lines(text).into_owned();
    }
    let mut colored = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (length, color) = match first {
            '"' => {
                let length = string_length(rest);
                let key = rest[length..].trim_start().starts_with(':');
                (length, if key { KEY } else { STRING })
            }
            '-' | '0'..='9' => (length_while(rest, |c| !",]} \t\r\n".contains(c)), NUMBER),
            'a'..='z' => (length_while(rest, |c| c.is_ascii_lowercase()), WORD),
            other => (other.len_utf8(), ""),
        };
        let (token, after) = rest.split_at(length);
        match color {
            "" => colored.push_str(&lines(token)),
            color => colored.extend([color, &lines(token), PLAIN]),
        }
        rest = after;
    }
    colored
}

/// The length in bytes of the JSON string at the start of `text`, with its quotes.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn length_while(text: &str, is_inside: impl Fn(char) -> bool) -> usize {
    text.find(|c| !is_inside(c)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_are_all_that_reaches_the_terminal() {
        let unsafe_text = "\u{9b}2J\u{9d}52;c;cHduZWQ=\u{9c}\u{7f}\u{202e}";
        for text in [
            format!(r#"{{"{unsafe_text}":["{unsafe_text}"]}}"#),
            format!("{unsafe_text}\x1b]0;x\x07"),
        ] {
            let mut shown = highlight(&text);
            for color in [KEY, STRING, NUMBER, WORD, PLAIN] {
                shown = shown.replace(color, "");
            }
            assert_eq!(shown, lines(&text));
            assert!(!shown.chars().any(char::is_control), "{shown:?}");
        }
    }

    #[test]
    fn only_colours_are_added() {
        for text in [
            r#"{"a\"\\" : [1, -2.5e3,true,null , "ü🚀"], "b":{}}"#,
            "[]",
            "7",
            "\"\"",
            "not JSON",
            "{\"half\":",
            "",
        ] {
            let colored = highlight(text);
            let mut plain = colored.clone();
            for color in [KEY, STRING, NUMBER, WORD, PLAIN] {
                plain = plain.replace(color, "");
            }
            assert_eq!(plain, text);
            assert_eq!(
                colored == text,
                serde_json::from_str::<IgnoredAny>(text).is_err() || text == "[]"
            );
        }
        assert_eq!(
            highlight(r#"{"a":"b"}"#),
            format!("{{{KEY}\"a\"{PLAIN}:{STRING}\"b\"{PLAIN}}}")
        );
    }
}
