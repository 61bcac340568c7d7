//! Lift's own log: compact lines on stderr, so that stdout holds the ready block and nothing else.

use std::io::{IsTerminal as _, stderr};

use tracing_subscriber::EnvFilter;

/// The crates of Lift speak at info; not of each connection that a send fails for, which its result
/// counts.
const DEFAULT: &str =
    "warn,lift=info,lift_gateway=info,lift_aws=info,lift_faults=info,lift_ws=error";

/// The embedded database answers a failed condition, which is a normal event here, with a warning.
/// AWS's library warns of each place that has no credentials; an error of ours says so at the end.
const ALWAYS: &str = "dynoxide=error,aws_config=error";

/// Starts the log, filtered by `LIFT_LOG`, or `RUST_LOG`, or the default.
pub(crate) fn start() {
    let wanted = std::env::var("LIFT_LOG").or_else(|_| std::env::var("RUST_LOG"));
    let filter = wanted
        .ok()
        .filter(|text| !text.trim().is_empty())
        .and_then(|text| EnvFilter::try_new(format!("{ALWAYS},{text}")).ok())
        .unwrap_or_else(|| EnvFilter::new(format!("{ALWAYS},{DEFAULT}")));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(stderr)
        .with_ansi(stderr().is_terminal())
        .with_target(false)
        .compact()
        .init();
}
