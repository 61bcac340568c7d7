//! What is written is what is read, byte for byte where it is an event.

use std::time::Duration;

use bytes::Bytes;
use lift_gateway::{GatewayEvent, GatewayEventKind, Id, InvokeError, MessageSource};

use super::{
    MessageText, RecordedFailure, RecordedKind, RecordedSource, Recorder, read, reader::parse,
};
use crate::observe::{ObservedKind, Observers};

const EVENT: &str = r#"{"requestContext":{"routeKey":"say","z":1,"a":1.50},"body":"é\n"}"#;

fn id(text: &str) -> Id {
    Id::parse(text).expect("an id")
}

#[test]
fn a_recording_has_what_happened_in_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("session.jsonl");
    let recorder = Recorder::start(&path, "chat", "local").expect("a new file");
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
            },
        ),
        (one, GatewayEventKind::Answered { invocation: late, took, result: Err(failed) }),
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
    assert_eq!(answers[&2].expect("a reply").get(), r#"{"statusCode":200}"#);
    let failure = RecordedFailure { kind: "Oops".to_owned(), message: "no\nluck".to_owned() };
    assert_eq!(answers[&1].expect_err("a failure"), &failure);

    let again = Recorder::start(&path, "chat", "local").err().expect("it is there").to_string();
    assert!(again.contains("exists already"), "{again}");
}

#[test]
fn bad_recordings_say_what_is_wrong() {
    let head = r#"{"recording":1,"app":"chat","stage":"local"}"#;
    let closed = r#"{"at":1,"connection":"c","kind":"closed","code":1005,"reason":""}"#;
    assert_eq!(parse(&format!("{head}\n{closed}\n")).expect("good").lines.len(), 1);
    let cut = format!("{head}\n{closed}\n{}", &closed[..40]);
    assert_eq!(parse(&cut).expect("cut off at the end").lines.len(), 1);
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
