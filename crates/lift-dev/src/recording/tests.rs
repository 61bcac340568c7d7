//! What is written is what is read, byte for byte where it is an event.

use std::{
    io::{self, Write},
    sync::{Arc, Condvar, Mutex},
    time::Duration,
};

use bytes::Bytes;
use lift_gateway::{GatewayEvent, GatewayEventKind, Id, InvokeError, MessageSource, OutcomeError};

use super::{
    Header, MessageText, RecordedFailure, RecordedKind, RecordedSource, Recorder, read,
    reader::parse,
};
use crate::{
    lock::lock,
    observe::{ObservedKind, Observers},
};

const EVENT: &str = r#"{"requestContext":{"routeKey":"say","z":1,"a":1.50},"body":"é\n"}"#;

fn id(text: &str) -> Id {
    Id::parse(text).expect("an id")
}

#[test]
fn a_recording_has_what_happened_in_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("session.jsonl");
    let recorder = Recorder::start(&path, "chat", "local", None).expect("a new file");
    let observers = Observers::new(vec![Box::new(recorder.observer())]);
    let (one, two) = (id("R1kmxc2VNjMCFIA="), id("Vq8_edKIjoECGrg="));
    let (call, late) = (id("AAAAAAAAAAAAAAA="), id("BBBBBBBBBBBBBBB="));
    let took = Duration::from_micros(1_500);
    let route = Some("say".to_owned());
    let failed = InvokeError::function("Oops", "no\nluck");
    for (connection, kind) in [
        (one, GatewayEventKind::Received { data: "hello".into(), binary: false }),
        (
            one,
            GatewayEventKind::Invoked {
                invocation: late,
                route: route.clone(),
                payload: EVENT.into(),
            },
        ),
        (two, GatewayEventKind::Invoked { invocation: call, route, payload: EVENT.into() }),
        (
            two,
            GatewayEventKind::Sent {
                data: Bytes::from_static(&[0xff]),
                source: MessageSource::Post,
            },
        ),
        (
            two,
            GatewayEventKind::Answered {
                invocation: call,
                took,
                result: Ok("{\n\"statusCode\": 200}".into()),
                error: Some(OutcomeError {
                    code: "too_low".to_owned(),
                    message: "Bid more".to_owned(),
                    is_internal: false,
                }),
            },
        ),
        (
            one,
            GatewayEventKind::Answered { invocation: late, took, result: Err(failed), error: None },
        ),
        (one, GatewayEventKind::Closed { code: 1001, reason: "Going away".to_owned() }),
    ] {
        observers.notify(ObservedKind::Gateway(GatewayEvent::new(connection, kind)));
    }
    drop(observers);
    let said = recorder.end().expect("written");
    assert!(said.starts_with("recorded 2 events to "), "{said}");

    let recording = read(&path).expect("a recording");
    assert_eq!((&*recording.head.app, &*recording.head.stage), ("chat", "local"));
    let [received, first, second, sent, .., closed] = &recording.lines[..] else {
        panic!("{:?}", recording.lines)
    };
    let hello = MessageText::Text("hello".to_owned());
    assert!(matches!(&received.kind, RecordedKind::Received { message } if *message == hello));
    let RecordedKind::Event { invocation: 1, event, .. } = &first.kind else { panic!("{first:?}") };
    assert_eq!(event.get(), EVENT);
    assert!(matches!(&second.kind, RecordedKind::Event { invocation: 2, .. }));
    let byte = MessageText::Base64("/w==".to_owned());
    assert!(
        matches!(&sent.kind, RecordedKind::Sent { from: RecordedSource::Post, message } if *message == byte)
    );
    assert!(matches!(closed.kind, RecordedKind::Closed { code: 1001, .. }));
    let answers = recording.answers();
    assert_eq!(answers[&2].result.expect("a reply").get(), r#"{"statusCode":200}"#);
    let too_low = answers[&2].error.expect("an error");
    assert_eq!((&*too_low.code, &*too_low.message), ("too_low", "Bid more"));
    let failure = RecordedFailure { kind: "Oops".to_owned(), message: "no\nluck".to_owned() };
    assert_eq!(answers[&1].result.expect_err("a failure"), &failure);

    let again =
        Recorder::start(&path, "chat", "local", None).err().expect("it is there").to_string();
    assert!(again.contains("exists already"), "{again}");
}

/// A disk that writes nothing before it is opened.
#[derive(Clone, Default)]
struct Disk(Arc<(Mutex<DiskState>, Condvar)>);

#[derive(Default)]
struct DiskState {
    open: bool,
    written: Vec<u8>,
}

impl Disk {
    fn open(&self) {
        lock(&self.0.0).open = true;
        self.0.1.notify_all();
    }
}

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state =
            self.0.1.wait_while(lock(&self.0.0), |state| !state.open).expect("no panic");
        state.written.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn head() -> Header {
    Header { recording: 1, app: "chat".to_owned(), stage: "local".to_owned() }
}

/// Observes so many invocations, each with an event of so many bytes.
fn invoke(recorder: &Recorder, count: usize, bytes: usize) {
    let observers = Observers::new(vec![Box::new(recorder.observer())]);
    let payload = Bytes::from(format!("\"{}\"", "x".repeat(bytes - 2)));
    let connection = id("R1kmxc2VNjMCFIA=");
    for _ in 0..count {
        let (invocation, payload) = (id("AAAAAAAAAAAAAAA="), payload.clone());
        let kind = GatewayEventKind::Invoked { invocation, route: None, payload };
        observers.notify(ObservedKind::Gateway(GatewayEvent::new(connection, kind)));
    }
}

#[test]
fn a_slow_disk_ends_the_recording_at_the_limit_of_memory() {
    let disk = Disk::default();
    let recorder = Recorder::to(disk.clone(), "x.jsonl".to_owned(), &head(), None).expect("starts");
    // 64 MB may wait. Nothing is written meanwhile, so it does not matter how fast the thread is.
    invoke(&recorder, 100, 1_000_000);
    disk.open();
    // After the gap, there is room again, but no event may be recorded.
    invoke(&recorder, 1, 1_000_000);
    let error = recorder.end().expect_err("incomplete").to_string();
    let reason = "it stops after event 63, because 64 MB of events waited for the disk";
    assert_eq!(error, format!("the recording x.jsonl is incomplete: {reason}"));
    let written = String::from_utf8(lock(&disk.0.0).written.clone()).expect("text");
    let recording = parse(&written).expect("a recording");
    assert_eq!(recording.incomplete.as_deref(), Some(reason));
    assert_eq!(recording.lines.len(), 63 + 1);
}

#[test]
fn a_limited_file_is_not_larger_and_says_that_it_is_incomplete() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("session.jsonl");
    let recorder = Recorder::start(&path, "chat", "local", Some(10_000)).expect("a new file");
    invoke(&recorder, 100, 1_000);
    let error = recorder.end().expect_err("incomplete").to_string();
    let reason = "it stops after event 8, because the file has the 10000 bytes of --record-limit";
    assert!(error.ends_with(&format!("is incomplete: {reason}")), "{error}");
    assert!(path.metadata().expect("a file").len() <= 10_000);
    let recording = read(&path).expect("a recording");
    assert_eq!(recording.incomplete.as_deref(), Some(reason));
    assert_eq!(recording.lines.len(), 8 + 1);
}

#[test]
fn a_full_disk_ends_the_recording() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let recorder = Recorder::to(Full, "x.jsonl".to_owned(), &head(), None).expect("starts");
    invoke(&recorder, 1, 1_000_000);
    let error = format!("{:#}", recorder.end().expect_err("incomplete"));
    assert!(error.starts_with("the recording x.jsonl is incomplete: "), "{error}");
}

#[test]
fn bad_recordings_say_what_is_wrong() {
    let head = r#"{"recording":1,"app":"chat","stage":"local"}"#;
    let closed = r#"{"at":1,"connection":"c","kind":"closed","code":1005,"reason":""}"#;
    assert_eq!(parse(&format!("{head}\n{closed}\n")).expect("good").lines.len(), 1);
    let cut = format!("{head}\n{closed}\n{}", &closed[..40]);
    let cut = parse(&cut).expect("cut off at the end");
    assert_eq!(cut.lines.len(), 1);
    assert_eq!(cut.incomplete.as_deref(), Some("its last line is cut off"));
    for (text, wrong) in [
        ("", "is not that of a recording"),
        ("{}", "is not that of a recording"),
        (r#"{"recording":2}"#, "version 2"),
        (&format!("{head}\n{}\n{closed}", &closed[..40]), "line 2: EOF"),
        (&format!("{head}\n{closed}\nx"), "line 3: expected value"),
        (&closed.replace("closed", "clsed"), "not that of a recording"),
        (&format!("{head}\n{}", closed.replace("closed", "clsed")), "`clsed` is not a kind"),
        (&format!("{head}\n{}", closed.replace("code", "cod")), "`closed` lacks a field"),
    ] {
        let error = format!("{:#}", parse(text).expect_err("bad"));
        assert!(error.contains(wrong), "{error} should say: {wrong}");
    }
}
