//! How far a send is, on stderr: a bar on a terminal, a line now and then elsewhere, nothing for few.

use std::{
    io::{IsTerminal as _, stderr},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use lift_ws::publish::Counts;
use tokio::time::Instant;

/// So many are sent to before a person wonders.
const FEW: u64 = 200;

/// The pause between two lines.
const PAUSE: Duration = Duration::from_secs(5);

/// How often the bar's clock moves.
const TICK: Duration = Duration::from_millis(200);

const BAR: &str = "{bar:30} {pos}/{len}  {msg}  {elapsed}";

pub(super) enum Progress {
    Bar(ProgressBar),
    Lines { next: Instant, meant: u64 },
    None,
}

impl Progress {
    /// Starts for about so many connections.
    pub(super) fn start(meant: u64) -> Self {
        if meant <= FEW {
            return Self::None;
        }
        if !stderr().is_terminal() {
            return Self::Lines { next: Instant::now() + PAUSE, meant };
        }
        let bar = ProgressBar::new(meant);
        if let Ok(style) = ProgressStyle::with_template(BAR) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(TICK);
        Self::Bar(bar)
    }

    pub(super) fn show(&mut self, so_far: Counts) {
        match self {
            Self::Bar(bar) => {
                // It was an estimate.
                bar.set_length(bar.length().unwrap_or_default().max(so_far.total()));
                bar.set_position(so_far.total());
                let Counts { gone, failed, throttled, .. } = so_far;
                bar.set_message(format!("gone {gone}, throttled {throttled}, failed {failed}"));
            }
            Self::Lines { next, meant } if Instant::now() >= *next => {
                *next = Instant::now() + PAUSE;
                eprintln!("{so_far}, of about {meant} ...");
            }
            Self::Lines { .. } | Self::None => {}
        }
    }

    /// Leaves the line to the result.
    pub(super) fn end(self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}
