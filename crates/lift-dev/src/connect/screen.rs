//! What is printed: messages to stdout, everything else to stderr; above the prompt if there is one.

use std::{
    fmt::Display,
    io::{self, Write as _},
};

use rustyline::ExternalPrinter;
use tokio_tungstenite::tungstenite::http::Uri;

use super::highlight;

type Printer = Box<dyn ExternalPrinter + Send>;

pub(super) struct Screen {
    color: bool,
    above: Option<Printer>,
}

impl Screen {
    pub(super) fn new(color: bool) -> Self {
        Self { color, above: None }
    }

    /// Prints above a prompt from now on.
    pub(super) fn above(&mut self, printer: Printer) {
        self.above = Some(printer);
    }

    pub(super) fn connected(&mut self, url: &Uri, subprotocol: Option<&str>, interactive: bool) {
        let chosen = subprotocol.map(|name| format!(", subprotocol {name}")).unwrap_or_default();
        let hint = if interactive { ": /help for help, Ctrl-D to close" } else { "" };
        self.note(format!("connected to {url}{chosen}{hint}"));
    }

    /// A message that came.
    pub(super) fn message(&mut self, text: &str) {
        let text = if self.color { highlight::json(text) } else { text.to_owned() };
        match &mut self.above {
            Some(above) => {
                let _ = above.print(format!("< {text}\n"));
            }
            // Whoever closed the pipe wants no more of it.
            None => {
                let _ = writeln!(io::stdout(), "{text}");
            }
        }
    }

    /// Anything else.
    pub(super) fn note(&mut self, text: impl Display) {
        let text = if self.color { format!("\x1b[2m{text}\x1b[0m") } else { text.to_string() };
        match &mut self.above {
            Some(above) => {
                let _ = above.print(format!("{text}\n"));
            }
            None => eprintln!("{text}"),
        }
    }
}
