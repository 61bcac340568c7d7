//! Lift's own log: compact lines on stderr, so that stdout holds what scripts read and nothing else.

use std::{fmt, io::stderr};

use jiff::Zoned;
use tracing_subscriber::{
    EnvFilter,
    fmt::{format::Writer, time::FormatTime},
};

use crate::colors;

/// The crates of Lift speak at info; not of each connection that a send fails for, which its result
/// counts.
const DEFAULT: &str =
    "warn,lift=info,lift_gateway=info,lift_aws=info,lift_faults=info,lift_ws=error";

/// The embedded database answers a failed condition, which is a normal event here, with a warning.
/// AWS's library warns of each place that has no credentials; an error of ours says so at the end.
const ALWAYS: &str = "dynoxide=error,aws_config=error";

/// What fails in an event is shown with the event, and better.
const SHOWN: &str = "lift_gateway::invoke=error,lift_gateway::handshake::authorizer=error";

/// Starts the log, filtered by `LIFT_LOG`, or `RUST_LOG`, or the default, which is silent about what
/// is said by the lines of events if those are shown.
pub(crate) fn start(events: bool) {
    let wanted = std::env::var("LIFT_LOG").or_else(|_| std::env::var("RUST_LOG"));
    let filter = wanted
        .ok()
        .filter(|text| !text.trim().is_empty())
        .and_then(|text| EnvFilter::try_new(format!("{ALWAYS},{text}")).ok())
        .unwrap_or_else(|| match events {
            true => EnvFilter::new(format!("{ALWAYS},{DEFAULT},{SHOWN}")),
            false => EnvFilter::new(format!("{ALWAYS},{DEFAULT}")),
        });
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(stderr)
        .with_ansi(colors::on(&stderr()))
        .with_timer(LocalTime)
        .with_target(false)
        .compact()
        .init();
}

/// The time of day here, as the lines of events have it.
struct LocalTime;

impl FormatTime for LocalTime {
    fn format_time(&self, w: &mut Writer<'_>) -> fmt::Result {
        write!(w, "{}", Zoned::now().strftime("%H:%M:%S%.3f"))
    }
}
