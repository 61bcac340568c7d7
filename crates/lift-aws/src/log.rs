//! The function's log on stderr: each event and each panic is one line, whatever text of clients is in it.
//!
//! Time and colors are left out, because CloudWatch and `lift dev` add them.

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    env,
    io::{self, Write, stderr},
    panic::{self, PanicHookInfo},
};

use lift_ws::event::text;
use serde_json::json;
use tracing::Dispatch;
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    fmt::{self, MakeWriter},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use crate::variables;

/// Sets up the log of events and panics. If the app has set a subscriber before, that one stays, and the
/// panic hook too.
pub(crate) fn start() {
    // `Targets` reads `RUST_LOG`. `EnvFilter` would add a megabyte of regular expressions to a cold
    // start.
    let filter = env::var(variables::LOG).ok().and_then(|text| text.parse::<Targets>().ok());
    let filter = filter.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    let is_json = env::var(variables::LOG_FORMAT).is_ok_and(|format| format == "JSON");
    if dispatch(filter, is_json, move || Escaping { out: stderr(), is_json }).try_init().is_ok() {
        // Not through the log, whose filter may leave it out.
        panic::set_hook(Box::new(move |panic| {
            let _ = stderr().write_all(panic_line(panic, is_json).as_bytes());
        }));
    }
}

fn dispatch<W>(filter: Targets, is_json: bool, writer: W) -> Dispatch
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = fmt::layer().with_writer(writer).without_time().with_ansi(false);
    let log = tracing_subscriber::registry().with(filter);
    if is_json { log.with(lines.json()).into() } else { log.with(lines).into() }
}

/// The line of a panic, and in a text log the backtrace below it, if there is one.
fn panic_line(panic: &PanicHookInfo<'_>, is_json: bool) -> String {
    let cause = panic.payload_as_str().unwrap_or("a value that is not text");
    let location = panic.location().map(ToString::to_string).unwrap_or_default();
    let backtrace = Backtrace::capture();
    let backtrace =
        (backtrace.status() == BacktraceStatus::Captured).then(|| backtrace.to_string());
    if is_json {
        let mut fields = json!({"message": "panicked", "error": cause, "location": location});
        if let Some(backtrace) = backtrace {
            fields["backtrace"] = backtrace.into();
        }
        let event = json!({"level": "ERROR", "fields": fields, "target": module_path!()});
        return format!("{}\n", text::json(&event.to_string()));
    }
    let event = format!("ERROR panicked at {location}: {cause}");
    format!("{}\n{}", text::line(&event), backtrace.unwrap_or_default())
}

/// Escapes what a text of clients may contain to control a terminal or to fake a line. It gets each event by one
/// call, with the line break at its end.
struct Escaping<W> {
    out: W,
    is_json: bool,
}

impl<W: Write> Write for Escaping<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let line = String::from_utf8_lossy(event);
        let line = line.strip_suffix('\n').unwrap_or(&line);
        let line = if self.is_json { text::json(line) } else { text::line(line) };
        self.out.write_all(format!("{line}\n").as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    const UNSAFE: &str =
        "x\r\nERROR fake\n\x1b[2J\x07\x08\x7f\u{9b}2J\u{9d}52;c;eA==\u{9c}\u{2028}\u{202e}\u{200b}";

    /// Its bytes, after the events of `log`.
    fn logged(is_json: bool, log: impl FnOnce()) -> String {
        #[derive(Clone, Default)]
        struct Out(Arc<Mutex<Vec<u8>>>);
        impl Write for Out {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.lock().expect("no panic").write(bytes)
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let out = Out::default();
        let writer = out.clone();
        let writer = move || Escaping { out: writer.clone(), is_json };
        let filter = Targets::new().with_default(LevelFilter::INFO);
        tracing::dispatcher::with_default(&dispatch(filter, is_json, writer), log);
        let bytes = out.0.lock().expect("no panic").clone();
        String::from_utf8(bytes).expect("UTF-8")
    }

    /// An app's own events, which no rule of this workspace reaches.
    fn events() {
        let span = tracing::info_span!("call", by = %UNSAFE, other = UNSAFE);
        let _entered = span.enter();
        tracing::error!(error = %UNSAFE, "{UNSAFE}");
        let error = io::Error::other(UNSAFE);
        tracing::error!(error = &error as &dyn std::error::Error, quoted = UNSAFE, "failed");
    }

    #[test]
    fn each_event_is_one_line_of_text() {
        let text = logged(false, events);
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(
            text.is_ascii() && !text.contains(|c: char| c.is_control() && c != '\n'),
            "{text:?}"
        );
        assert!(text.contains(r"error=x\r\nERROR fake\n\e[2J\u{7}"), "{text}");
    }

    #[test]
    fn each_event_is_one_line_of_json_with_the_values_as_they_are() {
        let text = logged(true, events);
        assert!(text.is_ascii() && text.lines().count() == 2, "{text}");
        let event = text.lines().next().expect("a line");
        let event: serde_json::Value = serde_json::from_str(event).expect("JSON");
        assert_eq!(event["fields"]["error"], UNSAFE);
    }
}
