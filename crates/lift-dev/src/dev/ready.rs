//! The ready block: the one thing that Lift prints on stdout. People read it, scripts parse it.

use std::fmt::{self, Display, Formatter};
use std::io::{self, Write as _};
use std::net::SocketAddr;

use crate::dev::{inspector, listen};

/// Where everything is.
#[derive(Debug)]
pub(crate) struct Ready<'a> {
    pub(crate) gateway: SocketAddr,
    pub(crate) stage: &'a str,
    pub(crate) has_page: bool,
    pub(crate) inspector: bool,
    pub(crate) database: SocketAddr,
    pub(crate) table: Option<&'a str>,
    /// The seed of the faults, if there are any.
    pub(crate) seed: Option<u64>,
    /// How to call the management API, if not everybody may: a name and a text.
    pub(crate) access: Option<(&'static str, String)>,
}

impl Ready<'_> {
    /// Prints the block at once, whatever stdout is: a script waits for it at a pipe's other end.
    pub(crate) fn print(&self) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        write!(stdout, "{self}")?;
        stdout.flush()
    }
}

impl Display for Ready<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { stage, database, table, .. } = self;
        let gateway = listen::from_here(self.gateway);
        writeln!(f, "Lift is ready.\n")?;
        write!(f, "  WebSocket   ws://{gateway}/{stage}")?;
        if self.gateway.ip().is_unspecified() {
            write!(f, "   (on every address of this machine)")?;
        }
        writeln!(f)?;
        writeln!(f, "  Management  http://{gateway}/{stage}")?;
        if let Some((name, text)) = &self.access {
            writeln!(f, "  {name:<10}  {text}")?;
        }
        if self.has_page {
            writeln!(f, "  Page        http://{gateway}/")?;
        }
        if self.inspector {
            writeln!(f, "  Inspector   http://{gateway}{}", inspector::PATH)?;
        }
        write!(f, "  DynamoDB    http://{database}")?;
        if let Some(table) = table {
            write!(f, "   (table {table})")?;
        }
        writeln!(f)?;
        if let Some(seed) = self.seed {
            writeln!(f, "  Faults      on, seed {seed}")?;
        }
        writeln!(f, "\nPress Ctrl-C to stop.")
    }
}

#[cfg(test)]
mod tests {
    use super::Ready;

    #[test]
    fn block() {
        let ready = Ready {
            gateway: ([127, 0, 0, 1], 3001).into(),
            stage: "local",
            has_page: true,
            inspector: true,
            database: ([127, 0, 0, 1], 3002).into(),
            table: Some("chat-connections"),
            seed: None,
            access: None,
        };
        let expected = "\
Lift is ready.

  WebSocket   ws://127.0.0.1:3001/local
  Management  http://127.0.0.1:3001/local
  Page        http://127.0.0.1:3001/
  Inspector   http://127.0.0.1:3001/_lift
  DynamoDB    http://127.0.0.1:3002   (table chat-connections)

Press Ctrl-C to stop.
";
        assert_eq!(ready.to_string(), expected);
        let faulty = Ready { seed: Some(7), access: None, ..ready }.to_string();
        assert!(
            faulty.contains("(table chat-connections)\n  Faults      on, seed 7\n\n"),
            "{faulty}"
        );
        let public = Ready {
            gateway: ([0, 0, 0, 0], 3001).into(),
            access: Some(("Token", "0123   (how)".to_owned())),
            table: None,
            ..ready
        };
        let block = public.to_string();
        let expected = "\
  WebSocket   ws://127.0.0.1:3001/local   (on every address of this machine)
  Management  http://127.0.0.1:3001/local
  Token       0123   (how)
  Page ";
        assert!(block.contains(expected), "{block}");
        let without = Ready { has_page: false, inspector: false, ..public }.to_string();
        assert!(!without.contains("Page") && !without.contains("Inspector"), "{without}");
        assert!(without.contains("DynamoDB    http://127.0.0.1:3002\n"), "{without}");
    }
}
