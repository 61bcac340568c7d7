//! Observed events become entries in the right order, and what belongs together is one entry.

use lift_gateway::{InvokeError, OutcomeError};
use lift_invoke::Source;
use tokio_tungstenite::tungstenite::http::{Method, StatusCode};

use super::*;
use crate::dev::terminal::entry::Calls;

/// Things that are seen, at times of the test's own.
struct Scene {
    events: Events,
    now: Instant,
    out: Vec<Entry>,
}

fn id(name: char) -> Id {
    Id::parse(&format!("{}=", name.to_string().repeat(15))).expect("an id")
}

impl Scene {
    fn new() -> Self {
        Self { events: Events::default(), now: Instant::now(), out: Vec::new() }
    }

    fn see(&mut self, what: ObservedKind) {
        let observed = Observed { at: SystemTime::now(), kind: what };
        self.events.observe(self.now, observed, &mut self.out);
    }

    /// Something happens to the connection C.
    fn happens(&mut self, kind: GatewayEventKind) {
        self.see(ObservedKind::Gateway(GatewayEvent::new(id('C'), kind)));
    }

    fn invoked(&mut self, invocation: char, route: &str) {
        let (route, payload) = (Some(route.to_owned()), Bytes::new());
        self.happens(GatewayEventKind::Invoked { invocation: id(invocation), route, payload });
    }

    fn answered(&mut self, invocation: char, result: Result<&'static str, InvokeError>) {
        let (invocation, took) = (id(invocation), Duration::from_millis(3));
        let result =
            result.map(|body| Bytes::from(format!(r#"{{"statusCode":200,"body":"{body}"}}"#)));
        self.happens(GatewayEventKind::Answered { invocation, took, result, error: None });
    }

    fn sent(&mut self, data: &'static str, source: MessageSource) {
        self.happens(GatewayEventKind::Sent { data: data.into(), source });
    }

    fn writes(&mut self, invocation: Option<char>, text: &str) {
        let (invocation, text) = (invocation.map(id), text.to_owned());
        self.see(ObservedKind::Line { process: 1, invocation, text });
    }

    /// What there is to show after a while, in short.
    fn after(&mut self, while_: Duration) -> Vec<String> {
        self.now += while_;
        self.events.flush(self.now, &mut self.out);
        self.out.drain(..).map(|entry| short(&entry)).collect()
    }

    fn now(&mut self) -> Vec<String> {
        self.after(Duration::ZERO)
    }
}

fn short(entry: &Entry) -> String {
    match entry {
        Entry::Event(event) | Entry::Running(event) => {
            let Event { event_ref, status, closed, reply, error, failure, logs, .. } = &**event;
            let mut words = match &event_ref.invoked {
                Some((function, source)) => vec![format!("{function} {}", source.as_str())],
                None => vec![event_ref.route.clone().unwrap_or_default()],
            };
            words.extend(matches!(entry, Entry::Running(_)).then(|| "runs".to_owned()));
            words.extend(status.map(|status| status.to_string()));
            words.extend(closed.as_ref().map(|(code, _)| code.to_string()));
            words.extend(reply.map(|bytes| format!("→{bytes}")));
            words.extend(error.as_ref().map(|error| error.code.clone()));
            words.extend(failure.as_ref().map(|failure| failure.kind().to_owned()));
            words.extend(logs.iter().map(|log| format!("|{}", log.text)));
            words.join(" ")
        }
        Entry::Log(log, event_ref) => format!("|{} {}", log.text, event_ref.is_some()),
        Entry::Calls(Calls { method, status, count, connections, .. }) => {
            format!("{method} {status} {count} {connections}")
        }
        Entry::Missed(_) | Entry::Total { .. } => "?".to_owned(),
    }
}

#[test]
fn a_message_is_one_entry_with_its_lines_and_its_reply() {
    let mut scene = Scene::new();
    scene.invoked('a', "say");
    scene.invoked('b', "who");
    scene.writes(Some('b'), "of b");
    scene.writes(Some('a'), "of a");
    scene.writes(None, "of no event");
    // Both are answered before either reply is sent.
    scene.answered('a', Ok("one"));
    scene.answered('b', Ok("three"));
    assert_eq!(scene.now(), ["|of no event false"]);
    scene.sent("three", MessageSource::Reply);
    scene.sent("one", MessageSource::Reply);
    assert_eq!(scene.now(), ["who 200 →5 |of b", "say 200 →3 |of a"]);
    assert_eq!(scene.events.due(), None);

    scene.invoked('a', "one-way");
    scene.answered('a', Ok("dropped"));
    scene.writes(Some('a'), "late");
    assert_eq!(scene.now(), [""; 0]);
    assert_eq!(scene.after(SETTLE), ["one-way 200 |late"]);

    scene.invoked('a', "one-way");
    scene.happens(GatewayEventKind::Answered {
        invocation: id('a'),
        took: Duration::from_millis(3),
        result: Ok(Bytes::from_static(br#"{"statusCode":200}"#)),
        error: None,
    });
    assert_eq!(scene.now(), ["one-way 200"], "nothing comes, so nothing is waited for");

    scene.invoked('a', "one-way");
    scene.happens(GatewayEventKind::Answered {
        invocation: id('a'),
        took: Duration::from_millis(3),
        result: Ok(Bytes::from_static(br#"{"statusCode":200}"#)),
        error: Some(OutcomeError {
            code: "too_low".to_owned(),
            message: "Bid more".to_owned(),
            is_internal: false,
        }),
    });
    assert_eq!(scene.now(), ["one-way 200 too_low"]);
}

#[test]
fn failures_are_with_their_event() {
    let mut scene = Scene::new();
    scene.invoked('a', "say");
    scene.answered('a', Err(InvokeError::exited()));
    scene.sent("oh", MessageSource::Error);
    assert_eq!(scene.now(), ["say →2 exited"]);

    scene.invoked('a', "say");
    scene.answered('a', Ok("x"));
    let cause = FailureCause::Reply { reason: "bad".to_owned() };
    scene.happens(GatewayEventKind::Failed { invocation: Some(id('a')), cause });
    scene.sent("oh", MessageSource::Error);
    assert_eq!(scene.now(), ["say 200 →2 reply"]);

    let cause = FailureCause::NoRoute { selected: Some("sya".to_owned()), routes: Vec::new() };
    scene.happens(GatewayEventKind::Failed { invocation: None, cause });
    scene.sent("oh", MessageSource::Error);
    assert_eq!(scene.now(), ["sya →2 noRoute"]);
}

#[test]
fn a_slow_event_is_shown_while_it_runs_and_one_that_is_too_late_twice() {
    let mut scene = Scene::new();
    scene.invoked('a', "say");
    scene.writes(Some('a'), "begins");
    assert_eq!(scene.after(SLOW), ["say runs |begins"]);
    scene.writes(Some('a'), "goes on");
    assert_eq!(scene.now(), ["|goes on true"]);
    let cause = FailureCause::TimedOut { after: Duration::from_secs(29) };
    scene.happens(GatewayEventKind::Failed { invocation: Some(id('a')), cause });
    scene.sent("late", MessageSource::Error);
    assert_eq!(scene.now(), ["say →4 timeout"]);
    scene.answered('a', Ok("x"));
    assert_eq!(scene.after(SETTLE), ["say 200"]);

    // One whose end is never seen is forgotten in the end.
    scene.invoked('a', "say");
    assert_eq!(scene.after(SLOW), ["say runs"]);
    assert_eq!(scene.after(LOST), [""; 0]);
    assert_eq!(scene.events.due(), None);
}

#[test]
fn clients_that_come_are_refused_and_go() {
    let mut scene = Scene::new();
    scene.invoked('a', "$connect");
    scene.answered('a', Ok(""));
    // Only the gateway can make the happenings: they say who the client is.
    let now = SystemTime::now();
    scene.events.connect(now, id('C'), 403, &mut scene.out);
    assert_eq!(scene.now(), ["$connect 403"]);
    scene.events.connect(now, id('C'), 101, &mut scene.out);
    assert_eq!(scene.now(), ["$connect 101"]);

    scene.happens(GatewayEventKind::Received { data: "x".into(), binary: true });
    scene.happens(GatewayEventKind::Closed { code: 1003, reason: "Unsupported data".to_owned() });
    scene.invoked('a', "$disconnect");
    scene.answered('a', Ok(""));
    assert_eq!(scene.now(), ["$disconnect 200 1003 binary"]);
    scene.happens(GatewayEventKind::Closed { code: 1001, reason: "Going away".to_owned() });
    assert_eq!(scene.after(CLOSING), ["$disconnect 1001"]);
}

#[test]
fn an_authorizer_has_answered_before_connect() {
    let mut scene = Scene::new();
    let invocation = id('a');
    scene.happens(GatewayEventKind::Invoked { invocation, route: None, payload: Bytes::new() });
    let (took, policy) = (Duration::from_millis(3), r#"{"policyDocument":{}}"#.into());
    scene.happens(GatewayEventKind::Answered { invocation, took, result: Ok(policy), error: None });
    assert_eq!(scene.now(), [""], "there is no status and no failure");
}

#[test]
fn an_event_of_a_schedule_is_one_entry_with_its_lines() {
    let mut scene = Scene::new();
    let see = |scene: &mut Scene, kind| {
        scene.see(ObservedKind::Invocation(InvocationEvent::new(id('a'), kind)));
    };
    let invoked = || InvocationEventKind::Invoked {
        function: "chat".to_owned(),
        source: Source::Schedule("close".to_owned()),
        payload: Bytes::new(),
    };
    let took = Duration::from_millis(3);
    see(&mut scene, invoked());
    let text = "closing".to_owned();
    scene.see(ObservedKind::Line { process: 1, invocation: Some(id('a')), text });
    see(&mut scene, InvocationEventKind::Answered { took, result: Ok("{}".into()), error: None });
    assert_eq!(scene.now(), ["chat schedule |closing"], "no frame is waited for");
    see(&mut scene, invoked());
    let result = Err(InvokeError::function("Oops", "no table"));
    see(&mut scene, InvocationEventKind::Answered { took, result, error: None });
    assert_eq!(scene.now(), ["chat schedule function"]);
}

#[test]
fn posts_and_calls_are_counted() {
    let mut scene = Scene::new();
    for connection in ['D', 'E', 'D'] {
        let kind = GatewayEventKind::Sent { data: "x".into(), source: MessageSource::Post };
        scene.see(ObservedKind::Gateway(GatewayEvent::new(id(connection), kind)));
        scene.happens(GatewayEventKind::Called { method: Method::POST, status: StatusCode::OK });
    }
    assert_eq!(scene.after(Duration::from_millis(100)), ["POST 200 3 2"]);
    scene.happens(GatewayEventKind::Called { method: Method::POST, status: StatusCode::GONE });
    let mut rest = Vec::new();
    scene.events.end(scene.now, &mut rest);
    assert_eq!(rest.iter().map(short).collect::<Vec<_>>(), ["POST 410 1 1"]);
}
