//! The outcome of a send: counts and failed ids on stdout, the reason of failures on stderr.

use std::{
    io::{self, Write as _},
    path::Path,
};

use anyhow::{Context as _, Result};
use lift_ws::{
    ConnectionId, Report,
    publish::{self, Counts},
};
use serde::Serialize;

use super::{failure, location::Location, remaining::Remaining, target::Target};
use crate::{
    escape,
    exit::{in_words, note},
};

/// The outcome of a send so far.
#[derive(Debug, Serialize)]
pub(super) struct SendOutcome {
    #[serde(flatten)]
    pub(super) counts: Counts,
    /// The ids that `throttled` and `failed` count.
    failures: Vec<String>,
    /// The first id that `failed` counts.
    #[serde(skip)]
    first_failed: Option<ConnectionId>,
    /// The parts that were not sent.
    #[serde(rename = "rest", skip_serializing_if = "Remaining::is_empty")]
    pub(super) remaining: Remaining,
    #[serde(skip)]
    pub(super) stopped: Option<Stopped>,
}

/// Why a send did not try all connections.
#[derive(Debug)]
pub(super) enum Stopped {
    Interrupted,
    Forbidden,
    /// All of the first connections failed.
    OnlyFailures,
    Error(anyhow::Error),
}

impl SendOutcome {
    pub(super) fn new(remaining: Remaining) -> Self {
        Self {
            counts: Counts::default(),
            failures: Vec::new(),
            first_failed: None,
            remaining,
            stopped: None,
        }
    }

    /// Adds the report of a part. `total` is the estimated number of connections of the whole send.
    pub(super) fn add(&mut self, report: &Report, total: u64) {
        self.counts += report.counts;
        self.remaining.connections =
            total.saturating_sub(self.counts.total() - self.counts.skipped);
        self.failures.extend(report.failures().map(ToString::to_string));
        if self.first_failed.is_none() {
            self.first_failed = report.ids(publish::Outcome::Failed).next().cloned();
        }
    }

    /// Counts the remaining connections as skipped.
    pub(super) fn end(&mut self) {
        if !self.remaining.is_empty() {
            self.counts.skipped = self.counts.skipped.max(self.remaining.connections);
        }
    }

    /// Whether at least this many posts failed, and none had another outcome.
    pub(super) fn only_failures(&self, least: u64) -> bool {
        self.counts.failed >= least && self.counts.failed == self.counts.total()
    }

    pub(super) fn is_success(&self) -> bool {
        let Counts { throttled, failed, skipped, .. } = self.counts;
        self.stopped.is_none() && throttled + failed + skipped == 0
    }

    /// Prints the counts, with `verb` for the connections that succeeded, or everything as JSON.
    pub(super) fn print(&self, verb: &str, json: bool) -> Result<()> {
        let text = if json {
            escape::json(&serde_json::to_string_pretty(self)?).into_owned()
        } else {
            self.counts.to_string().replacen("sent", verb, 1)
        };
        writeln!(io::stdout(), "{text}").context("cannot write the result to stdout")
    }

    /// Explains on stderr why connections failed or were skipped, and what to do.
    pub(super) async fn explain(&self, location: &Location, target: &Target, file: Option<&Path>) {
        let Counts { sent, throttled, failed, .. } = self.counts;
        match &self.stopped {
            None if self.counts.total() == 0 => target.note_empty(),
            Some(Stopped::Interrupted) => note("error: stopped by Ctrl-C"),
            Some(Stopped::Error(error)) => note(format_args!("error: {}", in_words(error))),
            _ if failed > 0 => {
                let reason = failure::of_one(location, self.first_failed.as_ref()).await;
                let tail = match self.stopped {
                    Some(Stopped::OnlyFailures) => " (so the other connections were not tried)",
                    _ => "",
                };
                note(format_args!("error: {failed} failed: {reason}{tail}"));
            }
            _ if throttled > 0 => note(format_args!(
                "error: {throttled} throttled: send to them later or with less --concurrency \
                 (--json prints their ids)"
            )),
            _ => {}
        }
        match file {
            _ if self.remaining.is_empty() => {}
            Some(file) => {
                note(format_args!(
                    "note: {} has the rest: the same command continues",
                    file.display()
                ));
            }
            None if sent > 0 => {
                note("note: pass --resume FILE to be able to continue after a stop");
            }
            None => {}
        }
    }
}
