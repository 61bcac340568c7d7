//! Entries as lines for people: in columns, with colors, at most 80 columns for each event, and fewer on a
//! narrow terminal.

mod layout;
#[cfg(test)]
mod tests;
mod text;

use std::{
    fmt::Write as _,
    time::{Duration, SystemTime},
};

use anstyle::{Ansi256Color, AnsiColor, Style};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use lift_gateway::{Id, OutcomeError};

use self::{
    layout::{Layout, WIDE_DETAILS},
    text::{bytes_of, line, styled},
};
use crate::{
    dev::terminal::{
        entry::{Calls, Entry, Event, EventRef, Log},
        failed::Failed,
    },
    escape::{self, cut, fit},
};

const PLAIN: Style = Style::new();
const DIM: Style = Style::new().dimmed();
const BOLD: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const ODD: Style = AnsiColor::Yellow.on_default();
const RED: Style = AnsiColor::Red.on_default();
const BAD: Style = RED.bold();

/// Colors for connections, all different from the colors of statuses.
const CONNECTIONS: [u8; 12] = [33, 39, 44, 63, 69, 75, 98, 105, 134, 141, 170, 177];

/// The columns of a connection's id.
const ID: usize = 8;

/// The columns of an error's code in the last line, and the most codes that it names.
const CODE: usize = 40;
const CODES: usize = 10;

/// Writes for people in one time zone.
pub(crate) struct Pretty {
    zone: TimeZone,
    layout: Layout,
}

impl Pretty {
    pub(crate) fn new(zone: TimeZone) -> Self {
        Self { zone, layout: Layout::WIDE }
    }

    /// Writes for a terminal of so many columns from now on. `None`: the output is no terminal.
    pub(crate) fn set_columns(&mut self, columns: Option<usize>) {
        self.layout = Layout::of(columns);
    }

    /// Adds an entry's lines, with colors.
    pub(crate) fn write(&self, text: &mut String, entry: &Entry) {
        match entry {
            Entry::Event(event) => self.event(text, event, false),
            Entry::Running(event) => self.event(text, event, true),
            Entry::Log(log, Some(event_ref)) => attached(text, log, Some(event_ref)),
            Entry::Log(log, None) => own(text, log),
            Entry::Calls(calls) => self.calls(text, calls),
            Entry::Missed(count) => {
                line(text, &styled(ODD, &format!("  {count} things were too fast to be shown")));
            }
            Entry::Total { total, failed, took } => {
                sum(text, *total, failed, *took, &self.layout);
            }
        }
    }

    fn event(&self, text: &mut String, event: &Event, running: bool) {
        let Event { event_ref, closed, took, message, reply, error, failure, .. } = event;
        let failed = failure.is_some();
        let (status, style) = match (event.status, closed) {
            _ if running => ("…".to_owned(), DIM),
            _ if failed && closed.is_none() => ("error".to_owned(), BAD),
            (_, Some((code, _))) => (code.to_string(), if is_usual(*code) { DIM } else { ODD }),
            (Some(status), None) => match error {
                // API Gateway got a success, and the client an error.
                Some(error) if status < 400 => (format!("{status} ✗"), of_error(error)),
                Some(error) => (status.to_string(), of_error(error)),
                None => (status.to_string(), of_status(status)),
            },
            // The reply of an authorizer and the result of a schedule's event have no status.
            (None, None) => match error {
                Some(error) => ("error".to_owned(), of_error(error)),
                None => ("ok".to_owned(), DIM),
            },
        };
        let key = name(event_ref).unwrap_or(if took.is_some() { "authorizer" } else { "-" });
        let route_style = if key.starts_with('$') { DIM } else { BOLD };
        let route = styled(route_style, &fit(&escape::line(key), self.layout.route));
        let took = took.map_or_else(String::new, milliseconds);
        let Layout { gap, details: columns, .. } = self.layout;
        // A narrow line has no room for the code, so the next line begins with it.
        let is_code_below = failed || columns < WIDE_DETAILS;
        let details = match (error.as_ref().filter(|_| !is_code_below), closed) {
            (Some(error), _) => styled(of_error(error), &cut(&escape::line(&error.code), columns)),
            // A part of a word says nothing.
            (None, Some(_)) if columns < 8 => String::new(),
            (None, Some((_, reason))) => styled(DIM, &cut(&escape::line(reason), columns)),
            (None, None) if error.is_some() => String::new(),
            (None, None) => styled(DIM, &self.layout.sizes(*message, *reply)),
        };
        let head = self.head(event.at, &origin(event_ref));
        let status = styled(style, &format!("{status:<5}"));
        line(text, &format!("{head}{gap}{route}{gap}{status}{gap}{took:>8}{gap}{details}"));
        if let Some(failure) = failure {
            self.layout.reason(text, (BAD, RED), &failure.message());
            if let Some(advice) = failure.advice(event_ref.connection.is_some()) {
                for part in self.layout.wrap(&advice) {
                    line(text, &format!("    {part}"));
                }
            }
        }
        if let Some(error) = error {
            let (code, message) = (escape::line(&error.code), escape::line(&error.message));
            let reason = match (is_code_below, &*message) {
                (true, "") => code.into_owned(),
                (true, message) => format!("{code}: {message}"),
                (false, message) => message.to_owned(),
            };
            let style = of_error(error);
            if !reason.is_empty() {
                self.layout.reason(text, (style, style), &reason);
            }
        }
        for log in &event.logs {
            attached(text, log, running.then_some(event_ref));
        }
    }

    fn calls(&self, text: &mut String, calls: &Calls) {
        let Calls { at, method, status, count, bytes, connections, connection } = calls;
        let one = (*connections == 1).then(|| short(*connection));
        let head = self.head(*at, &one.unwrap_or_else(|| " ".repeat(ID)));
        let what = match &**method {
            "POST" => "post",
            "DELETE" => "disconnect",
            _ => "look",
        };
        let many = if *count == 1 { "" } else { "s" };
        let mut summary = match count {
            1 => format!("→ {what}"),
            count => format!("→ {count} {what}{many}"),
        };
        if *connections > 1 {
            let _ = write!(summary, " to {connections} connections");
        }
        let Layout { gap, route, .. } = self.layout;
        match meaning(*status) {
            None => {
                let summary = match self.layout.posts {
                    _ if *bytes == 0 => summary,
                    Some(columns) => format!("{} → {}", fit(&summary, columns), bytes_of(*bytes)),
                    None => summary,
                };
                line(text, &format!("{head}{gap}{}", styled(DIM, &summary)));
            }
            Some(meaning) => {
                let status = styled(of_status(*status), &status.to_string());
                let summary = fit(&summary, route);
                if self.layout.posts.is_some() {
                    return line(text, &format!("{head}{gap}{summary}{gap}{status}{gap}{meaning}"));
                }
                line(text, &format!("{head}{gap}{summary}{gap}{status}"));
                self.layout.reason(text, (ODD, PLAIN), meaning);
            }
        }
    }

    /// The time, and where the event comes from.
    fn head(&self, at: SystemTime, origin: &str) -> String {
        let time = Timestamp::try_from(at).unwrap_or_default().to_zoned(self.zone.clone());
        let time = styled(DIM, &time.strftime(self.layout.time).to_string());
        format!("{time}{}{origin}", self.layout.gap)
    }
}

/// A line that belongs to an event, with the event's origin if it is not below the event.
fn attached(text: &mut String, log: &Log, event_ref: Option<&EventRef>) {
    let name = event_ref.map(|event_ref| format!("{} ", origin(event_ref))).unwrap_or_default();
    line(text, &format!("  {} {name}{}", styled(DIM, "│"), written(log)));
}

/// A line that belongs to no event.
fn own(text: &mut String, log: &Log) {
    line(text, &format!("{} {}", styled(DIM, &format!("[{}]", log.process)), written(log)));
}

/// `14 events, 2 of them failed, in 3m 20s`, and a line with the codes of the errors.
fn sum(text: &mut String, total: u64, failed: &Failed, took: Duration, layout: &Layout) {
    let events = if total == 1 { "1 event".to_owned() } else { format!("{total} events") };
    let count = match failed.total() {
        0 => String::new(),
        count => format!(", {}", styled(BAD, &format!("{count} of them failed"))),
    };
    let took = SignedDuration::from_secs(took.as_secs().try_into().unwrap_or(i64::MAX));
    line(text, &format!("{events}{count}, in {took:#}"));
    let codes = failed.most_frequent();
    let (shown, rest) = codes.split_at(codes.len().min(CODES));
    let mut parts: Vec<String> = shown
        .iter()
        .map(|(code, count)| format!("{count} {}", cut(&escape::line(code), CODE)))
        .collect();
    parts.extend((!rest.is_empty()).then(|| format!("{} more codes", rest.len())));
    if !parts.is_empty() {
        for part in layout.wrap(&parts.join(", ")) {
            line(text, &format!("  {part}"));
        }
    }
}

/// A line of the function; dim, unless it looks like an error.
fn written(log: &Log) -> String {
    let text = escape::line(&log.text);
    let alarming = ["ERROR", "WARN", "panicked"].iter().any(|word| text.contains(word));
    if alarming { text.into_owned() } else { styled(DIM, &text) }
}

/// What an event is for: its route, its schedule or its function. `None`: an authorizer, or no route.
fn name(event_ref: &EventRef) -> Option<&str> {
    match &event_ref.invoked {
        Some((function, source)) => Some(source.schedule().unwrap_or(function)),
        None => event_ref.route.as_deref(),
    }
}

/// Where an event comes from: its connection, or another source.
fn origin(event_ref: &EventRef) -> String {
    let source = event_ref.invoked.as_ref().map_or("", |(_, source)| source.as_str());
    event_ref.connection.map_or_else(|| format!("{source:<ID$}"), short)
}

/// The beginning of a connection's id, in the connection's own color.
fn short(connection: Id) -> String {
    let id = connection.as_str();
    let sum = id.bytes().fold(0_usize, |sum, byte| sum.wrapping_mul(31) + usize::from(byte));
    let color = Ansi256Color(CONNECTIONS[sum % CONNECTIONS.len()]).on_default();
    styled(color, &id[..ID])
}

/// An error of the function stands out from one that the client made.
fn of_error(error: &OutcomeError) -> Style {
    if error.is_internal { BAD } else { ODD }
}

fn of_status(status: u16) -> Style {
    match status {
        ..400 => GOOD,
        400..500 => ODD,
        _ => BAD,
    }
}

/// Whether a connection normally closes with this code.
fn is_usual(code: u16) -> bool {
    matches!(code, 1000 | 1001 | 1005)
}

/// Why a call of `@connections` failed; `None` if it did not.
fn meaning(status: u16) -> Option<&'static str> {
    Some(match status {
        ..400 => return None,
        400 => "no such connection id, or no body",
        403 => "not signed, or without the token",
        410 => "the connection is gone",
        413 => "larger than 128 kB",
        429 => "too often, or the client does not read",
        _ => "the call failed",
    })
}

fn milliseconds(took: Duration) -> String {
    match took.as_secs_f64() * 1000.0 {
        ms if ms < 100.0 => format!("{ms:.1} ms"),
        ms if ms < 1000.0 => format!("{ms:.0} ms"),
        ms => format!("{:.1} s", ms / 1000.0),
    }
}
