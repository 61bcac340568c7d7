//! What came of a send: the counts and the ids that failed on stdout, the reason on stderr.

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

use super::{act::Act, failure, rest::Rest, show::note_nobody, target::Target, who::Who};

#[derive(Debug, Serialize)]
pub(super) struct Outcome {
    #[serde(flatten)]
    pub(super) counts: Counts,
    /// The ids behind `throttled` and `failed`.
    failures: Vec<String>,
    /// The first behind `failed`.
    #[serde(skip)]
    first_failed: Option<ConnectionId>,
    /// What was not sent, if anything.
    #[serde(skip_serializing_if = "Rest::is_empty")]
    pub(super) rest: Rest,
    #[serde(skip)]
    pub(super) stopped: Option<Stopped>,
}

/// Why a send did not try everyone.
#[derive(Debug)]
pub(super) enum Stopped {
    Interrupted,
    Forbidden,
    /// Not one of the first piece was reached.
    Hopeless,
    Error(anyhow::Error),
}

impl Outcome {
    pub(super) fn new(rest: Rest) -> Self {
        Self {
            counts: Counts::default(),
            failures: Vec::new(),
            first_failed: None,
            rest,
            stopped: None,
        }
    }

    /// Adds what came of a piece of so many in all.
    pub(super) fn add(&mut self, report: &Report, meant: u64) {
        self.counts += report.counts;
        self.rest.left = meant.saturating_sub(self.counts.total() - self.counts.skipped);
        self.failures.extend(report.failures().map(ToString::to_string));
        if self.first_failed.is_none() {
            self.first_failed = report.ids(publish::Outcome::Failed).next().cloned();
        }
    }

    /// Counts what is left as skipped.
    pub(super) fn end(&mut self) {
        if !self.rest.is_empty() {
            self.counts.skipped = self.counts.skipped.max(self.rest.left);
        }
    }

    /// Whether at least so many posts failed, and none had another outcome.
    pub(super) fn only_failures(&self, least: u64) -> bool {
        self.counts.failed >= least && self.counts.failed == self.counts.total()
    }

    pub(super) fn is_success(&self) -> bool {
        let Counts { throttled, failed, skipped, .. } = self.counts;
        self.stopped.is_none() && throttled + failed + skipped == 0
    }

    pub(super) fn print(&self, act: &Act, json: bool) -> Result<()> {
        let mut text = self.counts.to_string();
        if matches!(act, Act::Close) {
            text = text.replacen("sent", "closed", 1);
        }
        if json {
            text = serde_json::to_string_pretty(self)?;
        }
        writeln!(io::stdout(), "{text}").context("cannot write the result to stdout")
    }

    /// Says on stderr why it is not all that was wished for, and what to do.
    pub(super) async fn explain(&self, target: &Target, who: &Who, file: Option<&Path>) {
        let Counts { sent, throttled, failed, .. } = self.counts;
        match &self.stopped {
            None if self.counts.total() == 0 => note_nobody(who),
            Some(Stopped::Interrupted) => eprintln!("error: stopped by Ctrl-C"),
            Some(Stopped::Error(error)) => eprintln!("error: {error:#}"),
            _ if failed > 0 => {
                let reason = failure::of_one(target, self.first_failed.as_ref()).await;
                let tail = match self.stopped {
                    Some(Stopped::Hopeless) => " (so the others were not tried)",
                    _ => "",
                };
                eprintln!("error: {failed} failed: {reason}{tail}");
            }
            _ if throttled > 0 => eprintln!(
                "error: {throttled} throttled: send to them later or with less --concurrency \
                 (--json prints their ids)"
            ),
            _ => {}
        }
        match file {
            _ if self.rest.is_empty() => {}
            Some(file) => {
                eprintln!("note: {} has what is left: the same command goes on", file.display());
            }
            None if sent > 0 => {
                eprintln!("note: pass --resume FILE to be able to go on after a stop");
            }
            None => {}
        }
    }
}
