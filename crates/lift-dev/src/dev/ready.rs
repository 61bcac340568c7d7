//! The ready block: the one thing that Lift prints on stdout. People read it, scripts parse it.

use std::fmt::{self, Display, Formatter};
use std::io::{self, Write as _};
use std::net::SocketAddr;

/// Where everything is.
#[derive(Debug)]
pub(crate) struct Ready<'a> {
    pub(crate) gateway: SocketAddr,
    pub(crate) stage: &'a str,
    pub(crate) has_page: bool,
    pub(crate) database: SocketAddr,
    pub(crate) table: Option<&'a str>,
    /// The seed of the faults, if there are any.
    pub(crate) seed: Option<u64>,
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
        let Self { gateway, stage, database, table, .. } = self;
        writeln!(f, "Lift is ready.\n")?;
        writeln!(f, "  WebSocket   ws://{gateway}/{stage}")?;
        writeln!(f, "  Management  http://{gateway}/{stage}")?;
        if self.has_page {
            writeln!(f, "  Page        http://{gateway}/")?;
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
            database: ([127, 0, 0, 1], 3002).into(),
            table: Some("chat-connections"),
            seed: None,
        };
        let expected = "\
Lift is ready.

  WebSocket   ws://127.0.0.1:3001/local
  Management  http://127.0.0.1:3001/local
  Page        http://127.0.0.1:3001/
  DynamoDB    http://127.0.0.1:3002   (table chat-connections)

Press Ctrl-C to stop.
";
        assert_eq!(ready.to_string(), expected);
        let faulty = Ready { seed: Some(7), ..ready }.to_string();
        assert!(
            faulty.contains("(table chat-connections)\n  Faults      on, seed 7\n\n"),
            "{faulty}"
        );
        let without = Ready { has_page: false, table: None, ..ready }.to_string();
        assert!(!without.contains("Page"), "{without}");
        assert!(without.contains("DynamoDB    http://127.0.0.1:3002\n"), "{without}");
    }
}
