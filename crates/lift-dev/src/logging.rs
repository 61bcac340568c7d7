//! Lift's own log: compact lines on stderr. Stdout is only for output that scripts read.

use std::{fmt, io::stderr};

use jiff::Zoned;
use lift_gateway::EVENT_LOG_TARGET;
use tracing::field::Field;
use tracing_subscriber::{
    EnvFilter,
    field::MakeExt as _,
    fmt::{
        format::{Writer, debug_fn},
        time::FormatTime,
    },
};

use crate::{
    colors,
    escape::{block, line},
};

/// Lift's crates log at info. `lift_ws` logs only errors: `lift send` counts failed connections itself.
const DEFAULT: &str =
    "warn,lift=info,lift_gateway=info,lift_aws=info,lift_faults=info,lift_ws=error";

/// The embedded database logs a warning for a failed condition, which is normal here. The AWS library warns
/// about each source without credentials; Lift reports missing credentials itself.
const ALWAYS: &str = "dynoxide=error,aws_config=error";

/// Starts the log. The filter is `LIFT_LOG`, or `RUST_LOG`, or the default. If `events` are shown, the
/// default leaves out what their lines already show.
pub(crate) fn start(events: bool) {
    let wanted = std::env::var("LIFT_LOG").or_else(|_| std::env::var("RUST_LOG"));
    let filter = wanted
        .ok()
        .filter(|text| !text.trim().is_empty())
        .and_then(|text| EnvFilter::try_new(format!("{ALWAYS},{text}")).ok())
        .unwrap_or_else(|| {
            let level = if events { "error" } else { "info" };
            EnvFilter::new(format!("{ALWAYS},{DEFAULT},{EVENT_LOG_TARGET}={level}"))
        });
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(stderr)
        .with_ansi(colors::on(&stderr()))
        .with_timer(LocalTime)
        .with_target(false)
        .fmt_fields(debug_fn(write_field).delimited(" "))
        .compact()
        .init();
}

/// Writes a field, or the message. Both may contain text of clients, functions and servers.
fn write_field(w: &mut Writer<'_>, field: &Field, value: &dyn fmt::Debug) -> fmt::Result {
    let value = format!("{value:?}");
    match field.name() {
        "message" => w.write_str(&block(&value)),
        name => write!(w, "{name}={}", line(&value)),
    }
}

/// The local time of day, as in the lines of events.
struct LocalTime;

impl FormatTime for LocalTime {
    fn format_time(&self, w: &mut Writer<'_>) -> fmt::Result {
        write!(w, "{}", Zoned::now().strftime("%H:%M:%S%.3f"))
    }
}
