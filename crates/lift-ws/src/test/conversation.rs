//! What was said between a kit's clients and its app, in order, as text that is the same each time.

use std::ops::RangeInclusive;

use bytes::Bytes;

use crate::ConnectionId;

/// What happened to a client.
#[derive(Debug)]
pub(super) enum Said {
    /// It asked to connect, with a query.
    Connects(String),
    /// It was let in, perhaps with a subprotocol.
    LetIn(Option<String>),
    /// It was refused, with a status.
    Refused(u16),
    /// It sent a frame.
    Sends(String),
    /// It received a frame.
    Receives(Bytes),
    /// It closed, with a code.
    Closes(i32),
    /// It was closed by the app.
    IsClosed,
    /// It left without a word.
    Vanishes,
}

impl Said {
    /// Whether a client did it; all else is the app's answer, to one client or to several.
    fn is_a_step(&self) -> bool {
        matches!(self, Self::Connects(_) | Self::Sends(_) | Self::Closes(_) | Self::Vanishes)
    }
}

/// Everything that was said, and who said it.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    /// The clients in the order in which they came.
    clients: Vec<(ConnectionId, String)>,
    lines: Vec<(ConnectionId, Said)>,
}

impl Conversation {
    /// Adds a client; one without a name is numbered.
    pub(super) fn name(&mut self, id: &ConnectionId, name: Option<String>) {
        let name = name.unwrap_or_else(|| format!("client {}", self.clients.len() + 1));
        self.clients.push((id.clone(), name));
    }

    pub(super) fn note(&mut self, id: &ConnectionId, said: Said) {
        self.lines.push((id.clone(), said));
    }

    /// One line for each thing said. What follows from one step of a client is sorted by client,
    /// because the app may answer several at once, in any order.
    pub(super) fn text(&self, times: &RangeInclusive<u64>) -> String {
        let mut text = String::new();
        for step in self.lines.chunk_by(|_, (_, next)| !next.is_a_step()) {
            let (first, answers) = match step.split_first() {
                Some((first, answers)) if first.1.is_a_step() => (Some(first), answers),
                _ => (None, step),
            };
            let mut answers: Vec<_> = answers.iter().collect();
            answers.sort_by_key(|(id, _)| self.clients.iter().position(|(other, _)| other == id));
            for (id, said) in first.into_iter().chain(answers) {
                text.push_str(&self.line(id, said, times));
                text.push('\n');
            }
        }
        text
    }

    fn line(&self, id: &ConnectionId, said: &Said, times: &RangeInclusive<u64>) -> String {
        let client = self.clients.iter().find(|(other, _)| other == id);
        let name = client.map_or(id.as_str(), |(_, name)| name);
        match said {
            Said::Connects(query) if query.is_empty() => format!("{name} connects"),
            Said::Connects(query) => format!("{name} connects ?{}", self.steady(query, times)),
            Said::LetIn(None) => format!("{name} is let in (101)"),
            Said::LetIn(Some(subprotocol)) => format!("{name} is let in (101, {subprotocol})"),
            Said::Refused(status) => format!("{name} is refused ({status})"),
            Said::Sends(text) => format!("{name} -> {}", self.steady(text, times)),
            Said::Receives(frame) => {
                format!("{name} <- {}", self.steady(&String::from_utf8_lossy(frame), times))
            }
            Said::Closes(code) => format!("{name} closes ({code})"),
            Said::IsClosed => format!("{name} is closed by the app (1000)"),
            Said::Vanishes => format!("{name} vanishes"),
        }
    }

    /// A frame in one line, with names for what is another each time: connections, ids, times.
    fn steady(&self, frame: &str, times: &RangeInclusive<u64>) -> String {
        let mut frame = frame.replace('\n', "\\n").replace('\r', "\\r");
        for (id, name) in &self.clients {
            frame = frame.replace(id.as_str(), name);
        }
        let mut text = String::with_capacity(frame.len());
        // What follows a dot may be the rest of a number: of a time, or of another.
        let (mut after_dot, mut after_time) = (false, false);
        for part in frame.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
            let end = part.trim_end_matches(|c: char| !c.is_ascii_alphanumeric()).len();
            let (token, mut rest) = part.split_at(end);
            let time = !after_dot && is_time(token, times);
            match token {
                _ if time => text.push_str("<time>"),
                fraction if after_dot && after_time && is_digits(fraction) => {
                    text.pop();
                }
                id if is_id(id) => {
                    text.push_str("<id>");
                    rest = rest.strip_prefix('=').unwrap_or(rest);
                }
                other => text.push_str(other),
            }
            text.push_str(rest);
            (after_dot, after_time) = (rest == ".", time);
        }
        text
    }
}

/// Milliseconds or seconds since 1970, within the kit's life.
fn is_time(digits: &str, times: &RangeInclusive<u64>) -> bool {
    let seconds = times.start() / 1000..=times.end() / 1000;
    digits.parse().is_ok_and(|number| times.contains(&number) || seconds.contains(&number))
}

/// An id that the kit gave, of a request or a message.
fn is_id(token: &str) -> bool {
    let digits = token.strip_prefix("kit").unwrap_or_default();
    digits.len() == 12 && is_digits(digits)
}

fn is_digits(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_digit())
}
