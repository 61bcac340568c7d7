//! The conversation of a kit's clients with its app, as text that is the same in each run.

use std::ops::RangeInclusive;

use bytes::Bytes;
use lift_event::Timestamp;

use crate::ConnectionId;

/// One event of a client.
#[derive(Debug)]
pub(super) enum Line {
    /// It connects, with a query.
    Connects(String),
    /// Its handshake was accepted, with a subprotocol if the app chose one.
    Accepted(Option<String>),
    /// Its handshake was refused, with a status.
    Refused(u16),
    /// It sent a message.
    Sends(String),
    /// It received a message.
    Receives(Bytes),
    /// It closed, with a code.
    Closes(i32),
    /// It was closed by the app.
    IsClosed,
    /// It dropped the connection.
    Lost,
}

impl Line {
    /// Whether it is a client's step. All others are what the app does because of a step.
    fn is_step(&self) -> bool {
        matches!(self, Self::Connects(_) | Self::Sends(_) | Self::Closes(_) | Self::Lost)
    }
}

/// All lines, each with its client.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    /// The clients and their names, in the order in which they connected.
    clients: Vec<(ConnectionId, String)>,
    lines: Vec<(ConnectionId, Line)>,
}

impl Conversation {
    /// Adds a client. One without a name gets a number.
    pub(super) fn add_client(&mut self, id: &ConnectionId, name: Option<String>) {
        let name = name.unwrap_or_else(|| format!("client {}", self.clients.len() + 1));
        self.clients.push((id.clone(), name));
    }

    pub(super) fn add_line(&mut self, id: &ConnectionId, line: Line) {
        self.lines.push((id.clone(), line));
    }

    /// All lines as text. Those after a client's step are sorted by client, because the app may send to
    /// several clients at once, in any order.
    pub(super) fn text(&self, times: &RangeInclusive<Timestamp>) -> String {
        let mut text = String::new();
        for step in self.lines.chunk_by(|_, (_, next)| !next.is_step()) {
            let (first, answers) = match step.split_first() {
                Some((first, answers)) if first.1.is_step() => (Some(first), answers),
                _ => (None, step),
            };
            let mut answers: Vec<_> = answers.iter().collect();
            answers.sort_by_key(|(id, _)| self.clients.iter().position(|(other, _)| other == id));
            for (id, line) in first.into_iter().chain(answers) {
                text.push_str(&self.line_text(id, line, times));
                text.push('\n');
            }
        }
        text
    }

    fn line_text(
        &self,
        id: &ConnectionId,
        line: &Line,
        times: &RangeInclusive<Timestamp>,
    ) -> String {
        let client = self.clients.iter().find(|(other, _)| other == id);
        let name = client.map_or(id.as_str(), |(_, name)| name);
        match line {
            Line::Connects(query) if query.is_empty() => format!("{name} connects"),
            Line::Connects(query) => format!("{name} connects ?{}", self.normalize(query, times)),
            Line::Accepted(None) => format!("{name} is accepted (101)"),
            Line::Accepted(Some(subprotocol)) => format!("{name} is accepted (101, {subprotocol})"),
            Line::Refused(status) => format!("{name} is refused ({status})"),
            Line::Sends(text) => format!("{name} -> {}", self.normalize(text, times)),
            Line::Receives(frame) => {
                format!("{name} <- {}", self.normalize(&String::from_utf8_lossy(frame), times))
            }
            Line::Closes(code) => format!("{name} closes ({code})"),
            Line::IsClosed => format!("{name} is closed by the app (1000)"),
            Line::Lost => format!("{name} is lost (1006)"),
        }
    }

    /// A message in one line. What differs in each run is replaced: connection ids, other ids, and times.
    fn normalize(&self, frame: &str, times: &RangeInclusive<Timestamp>) -> String {
        let mut frame = frame.replace('\n', "\\n").replace('\r', "\\r");
        for (id, name) in &self.clients {
            frame = frame.replace(id.as_str(), name);
        }
        let mut text = String::with_capacity(frame.len());
        // Digits after a dot are the fraction of a number, which may be a time.
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

/// Whether it is a time since the kit was made, in milliseconds or seconds since 1970.
fn is_time(digits: &str, times: &RangeInclusive<Timestamp>) -> bool {
    let seconds = times.start().as_secs()..=times.end().as_secs();
    let is_millis = |number| times.contains(&Timestamp::from_millis(number));
    digits.parse().is_ok_and(|number| is_millis(number) || seconds.contains(&number))
}

/// Whether it is an id that the kit made, of a request or a message.
fn is_id(token: &str) -> bool {
    let digits = token.strip_prefix("kit").unwrap_or_default();
    digits.len() == 12 && is_digits(digits)
}

fn is_digits(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_digit())
}
