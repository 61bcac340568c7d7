//! The lines as they look, without colors and with them.

use lift_gateway::{FailureCause, InvokeError};

use super::*;
use crate::dev::terminal::{failure::EventFailure, sample};

fn colored(entry: &Entry) -> String {
    let mut text = String::new();
    Pretty::new(TimeZone::UTC).write(&mut text, entry);
    text
}

fn plain(entry: &Entry) -> String {
    anstream::adapter::strip_str(&colored(entry)).to_string()
}

#[test]
fn the_columns_of_events() {
    let mut refused = Event::new(sample::at(), sample::id(), Some("$connect".to_owned()));
    (refused.status, refused.took) = (Some(401), Some(Duration::from_millis(312)));
    let mut long = sample::message();
    long.event_ref.route = Some("rooms/messages/send".to_owned());
    (long.took, long.message, long.reply) = (Some(Duration::from_secs(28)), Some(131_072), None);
    let mut running = sample::message().copy();
    running.logs = vec![sample::log("thinking")];
    let mut internal = sample::error();
    if let Some(error) = &mut internal.error {
        let (code, message) = ("internal_error".to_owned(), "Internal error".to_owned());
        *error = OutcomeError { code, message, is_internal: true };
    }
    let mut failed = Failed::default();
    ["exited", "too_low", "too_low"].iter().for_each(|code| failed.add(code));
    let entries = [
        Entry::Event(sample::message().into()),
        Entry::Event(sample::error().into()),
        Entry::Event(internal.into()),
        Entry::Event(refused.into()),
        Entry::Event(long.into()),
        Entry::Event(sample::disconnect().into()),
        Entry::Event(sample::scheduled().into()),
        Entry::Running(running.into()),
        Entry::Log(sample::log("still"), Some(sample::message().event_ref)),
        Entry::Log(sample::log("\u{1b}]0;up\u{7}"), None),
        Entry::Calls(sample::posts(100, 99)),
        Entry::Calls(sample::posts(1, 1)),
        Entry::Calls(Calls { status: 410, bytes: 0, ..sample::posts(1, 1) }),
        Entry::Calls(Calls { method: "DELETE".to_owned(), bytes: 0, ..sample::posts(2, 1) }),
        Entry::Missed(7),
        Entry::Total { total: 14, failed, took: Duration::from_secs(200) },
    ];
    let text: String = entries.iter().map(plain).collect();
    let expected = r"
14:03:07.412  R1kmxc2V  say               200      3.1 ms      84 B → 1.2 kB
  │ INFO said
14:03:07.412  R1kmxc2V  say               200 ✗    3.1 ms  too_low
  ✗ Bid more than 5
14:03:07.412  R1kmxc2V  say               200 ✗    3.1 ms  internal_error
  ✗ Internal error
14:03:07.412  R1kmxc2V  $connect          401      312 ms
14:03:07.412  R1kmxc2V  rooms/messages/…  200      28.0 s    131 kB
  │ INFO said
14:03:07.412  R1kmxc2V  $disconnect       1006             Connection lost
14:03:07.412  schedule  close             ok       2.0 ms
  │ INFO closed
14:03:07.412  R1kmxc2V  say               …                    84 B
  │ R1kmxc2V thinking
  │ R1kmxc2V still
[1] \e]0;up\u{7}
14:03:07.412            → 100 posts to 99 connections               → 12 kB
14:03:07.412  R1kmxc2V  → post                                      → 120 B
14:03:07.412  R1kmxc2V  → post            410  the connection is gone
14:03:07.412  R1kmxc2V  → 2 disconnects
  7 things were too fast to be shown
14 events, 3 of them failed, in 3m 20s
  2 too_low, 1 exited
";
    assert_eq!(text, expected.trim_start());
}

#[test]
fn the_colours_of_events() {
    let mut event = sample::message();
    let good = colored(&Entry::Event(event.copy_with(200).into()));
    assert_eq!(
        good,
        "\x1b[2m14:03:07.412\x1b[0m  \x1b[38;5;105mR1kmxc2V\x1b[0m  \x1b[1msay\x1b[0m               \
         \x1b[32m200\x1b[0m              \x1b[2m    84 B\x1b[0m\n"
    );
    for (status, color) in [(404, "\x1b[33m404"), (500, "\x1b[1m\x1b[31m500")] {
        let line = colored(&Entry::Event(event.copy_with(status).into()));
        assert!(line.contains(color), "{line:?}");
    }
    for (is_internal, color) in [(false, "\x1b[33m200 ✗"), (true, "\x1b[1m\x1b[31m200 ✗")] {
        let mut event = sample::error();
        event.error.iter_mut().for_each(|error| error.is_internal = is_internal);
        let line = colored(&Entry::Event(event.into()));
        assert!(line.contains(color), "{line:?}");
    }
    event.failure = Some(EventFailure::Invoke(InvokeError::exited()));
    event.logs = vec![sample::log("thread 'main' panicked at"), sample::log("fine")];
    let failed = colored(&Entry::Event(event.into()));
    let parts = [
        "\x1b[1m\x1b[31merror\x1b[0m",
        "\n  \x1b[1m\x1b[31m✗\x1b[0m \x1b[31mthe function's process ended",
        "\n  \x1b[2m│\x1b[0m thread 'main' panicked at\n",
        "\n  \x1b[2m│\x1b[0m \x1b[2mfine\x1b[0m\n",
    ];
    for part in parts {
        assert!(failed.contains(part), "no {part:?} in {failed:?}");
    }
}

#[test]
fn an_error_says_what_to_do() {
    let reply = br#"{"status": 200, "text": "a reply that is long, and made up by hand"}"#.to_vec();
    let failures = [
        EventFailure::Invoke(InvokeError::timed_out(Duration::from_secs(29))),
        EventFailure::Gateway(
            FailureCause::TimedOut { after: Duration::from_secs(29) },
            Vec::new(),
        ),
        EventFailure::Gateway(FailureCause::Reply { reason: "no statusCode".to_owned() }, reply),
        EventFailure::Gateway(FailureCause::Throttled { route: "say".to_owned() }, Vec::new()),
        EventFailure::Binary,
    ];
    let mut text = String::new();
    for failure in failures {
        let mut event = sample::message();
        (event.failure, event.logs) = (Some(failure), Vec::new());
        text.extend(
            plain(&Entry::Event(event.into())).lines().skip(1).map(|line| format!("{line}\n")),
        );
    }
    let expected = r#"
  ✗ the function timed out after 29s
    its process is killed, as Lambda does: answer sooner, and post what takes long
  ✗ no reply within 29 s, the longest that API Gateway waits
    the function keeps running: reply immediately, and post the result later
  ✗ malformed reply: no statusCode: {"status": 200, "text": "a reply that is long, and made up …
    a reply is a JSON object such as {"statusCode":200,"body":"hi"}
  ✗ throttled: more messages than the rate allows
    send more slowly, or raise the throttle
  ✗ the client sent a binary message
    API Gateway takes text alone: send binary data as base64
"#;
    assert_eq!(text, expected.trim_start_matches('\n'));
}

impl Event {
    fn copy_with(&self, status: u16) -> Self {
        let mut copy = self.copy();
        copy.status = Some(status);
        copy
    }
}

#[test]
fn lines_fit_a_narrow_terminal() {
    let mut refused = Event::new(sample::at(), sample::id(), Some("$connect".to_owned()));
    (refused.status, refused.took) = (Some(401), Some(Duration::from_millis(312)));
    let mut long = sample::message();
    long.event_ref.route = Some("rooms/messages/send".to_owned());
    (long.message, long.reply, long.logs) = (Some(131_072), Some(2_000), Vec::new());
    let mut failed = Failed::default();
    ["exited", "too_low", "invalid_payload", "unknown_action"]
        .iter()
        .for_each(|code| failed.add(code));
    let mut late = sample::message();
    let after = Duration::from_secs(29);
    late.failure = Some(EventFailure::Gateway(FailureCause::TimedOut { after }, Vec::new()));
    late.logs = Vec::new();
    let entries = [
        Entry::Event(refused.into()),
        Entry::Event(sample::error().into()),
        Entry::Event(long.into()),
        Entry::Event(late.into()),
        Entry::Event(sample::disconnect().into()),
        Entry::Calls(sample::posts(100, 99)),
        Entry::Calls(Calls { status: 429, bytes: 0, ..sample::posts(1, 1) }),
        Entry::Missed(7),
        Entry::Total { total: 14, failed, took: Duration::from_secs(200) },
    ];
    let mut pretty = Pretty::new(TimeZone::UTC);
    pretty.set_columns(Some(50));
    let mut text = String::new();
    entries.iter().for_each(|entry| pretty.write(&mut text, entry));
    let text = anstream::adapter::strip_str(&text).to_string();
    let expected = r"
14:03:07 R1kmxc2V $connect     401     312 ms
14:03:07 R1kmxc2V say          200 ✗   3.1 ms
  ✗ too_low: Bid more than 5
14:03:07 R1kmxc2V rooms/messa… 200     3.1 ms
14:03:07 R1kmxc2V say          error   3.1 ms 84 B
  ✗ no reply within 29 s, the longest that API
    Gateway waits
    the function keeps running: reply immediately,
    and post the result later
14:03:07 R1kmxc2V $disconnect  1006
14:03:07          → 100 posts to 99 connections
14:03:07 R1kmxc2V → post       429
  ✗ too often, or the client does not read
  7 things were too fast to be shown
14 events, 4 of them failed, in 3m 20s
  1 exited, 1 invalid_payload, 1 too_low, 1
  unknown_action
";
    assert_eq!(text, expected.trim_start());
    for line in text.lines() {
        assert!(unicode_width::UnicodeWidthStr::width(line) <= 50, "{line}");
    }
}
