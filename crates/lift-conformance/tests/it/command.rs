//! The command: its messages and exit codes.

use std::process::{Command, Output};

use lift_conformance::{Case, KnownFailures, Outcome, Run, cases};

fn command(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lift-conformance"))
        .args(arguments)
        .output()
        .expect("it starts")
}

#[track_caller]
fn fails(arguments: &[&str], parts: &[&str]) {
    let output = command(arguments);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{text}");
    for part in parts {
        assert!(text.contains(part), "no `{part}` in: {text}");
    }
}

#[test]
fn invalid_arguments_are_reported_before_anything_runs() {
    fails(&["--target", "lift", "--target", "x"], &["`x` is not `lift`, NAME=URL"]);
    fails(&["--target", "x=http://h/prod"], &["ws:// or wss://"]);
    fails(&["--target", "x/y=ws://h/prod"], &["`y` is no API of the suite", "main, bare"]);
    fails(&["--target", "lift", "--only", "nothing"], &["--list"]);
    fails(&["--target", "lift", "--known", "lift=nowhere.txt"], &["nowhere.txt"]);
    fails(&["--target", "lift", "--idle", "soon"], &["number of seconds"]);
}

#[test]
fn a_target_that_does_not_answer_is_an_error() {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("x=ws://{}/prod", socket.local_addr().unwrap());
    drop(socket);
    fails(&["--target", &url], &["no probe answers at ws://", "compatibility.md"]);
}

#[test]
fn the_list_has_every_case() {
    let output = command(&["--list"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    assert_eq!(text.lines().count(), cases::all().len());
}

#[test]
fn only_known_failures_are_expected() {
    let all = cases::all();
    let failed = || Outcome::Fail { expected: "a".into(), got: "b".into() };
    let of = |id: &str| all.iter().find(|case| case.id == id).unwrap().clone();
    let run = |outcomes: Vec<(Case, Outcome)>| Run::new("x", outcomes);
    let known =
        KnownFailures::read("# a comment\n\n6-get  no times\n3-case otherwise\n", &all).unwrap();
    let expected =
        [(of("6-get"), failed()), (of("3-case"), failed()), (of("6-post"), Outcome::Pass)];
    assert_eq!(known.unexpected_results(&run(expected.to_vec())), [""; 0]);
    for (id, outcome, word) in [
        ("6-post", failed(), "6-post failed"),
        ("6-get", Outcome::Pass, "6-get passed"),
        ("3-case", Outcome::Pass, "3-case passed"),
    ] {
        let unexpected_results = known.unexpected_results(&run(vec![(of(id), outcome)]));
        assert!(
            unexpected_results.len() == 1 && unexpected_results[0].contains(word),
            "{unexpected_results:?}"
        );
    }
    // Unsure cases may fail, unless they are listed.
    assert_eq!(known.unexpected_results(&run(vec![(of("8-silent"), failed())])), [""; 0]);
    assert!(KnownFailures::read("6-gett x", &all).is_err());
    assert!(KnownFailures::read("6-get", &all).is_err());
}
