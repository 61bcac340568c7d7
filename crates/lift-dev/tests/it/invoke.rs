//! Invocations that are not of a connection: `lift invoke`, Lambda's Invoke API, and schedules that fire by themselves.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, time::Duration};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    app::{test_function, test_function_binary},
    command::{Ended, Lift},
    scenario::value,
};

/// Runs `lift invoke` for a running `lift dev`.
fn invoke(lift: &Lift, args: &[&str]) -> Ended {
    let data = lift.data().to_str().expect("UTF-8");
    Lift::with_args(&[&["invoke"], args, &["--data-dir", data]].concat()).ended()
}

/// The result that it printed.
#[track_caller]
fn result(ended: &Ended) -> Value {
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert_eq!(ended.stdout.matches('\n').count(), 1, "{}", ended.stdout);
    serde_json::from_str(&ended.stdout).expect("JSON")
}

#[track_caller]
fn fails(ended: &Ended, code: i32, stdout: &str, stderr: &str) {
    assert_eq!((ended.status.code(), &*ended.stdout, &*ended.stderr), (Some(code), stdout, stderr));
}

/// `lift dev` with the functions `echo` and `batch`.
fn two_functions() -> Lift {
    let [echo, batch] = ["echo=echo", "batch=fails-the-second"].map(|one| {
        let (name, word) = one.split_once('=').expect("a pair");
        format!("{name}={} {word}", test_function_binary())
    });
    let functions = ["--function", &echo, "--function", &batch];
    let lift = Lift::dev_of(&[&functions[..], &["--route", "$default=echo"]].concat());
    lift.ready();
    lift
}

#[test]
fn an_event_goes_to_the_named_function_and_its_result_comes_back() {
    let lift = two_functions();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("event.json");
    fs::write(&file, "{\n  \"job\": \"\\u001b[2J\", \"n\": 1.50\n}").expect("written");
    let file = file.to_str().expect("UTF-8");
    let echoed = invoke(&lift, &["echo", "--event", file]);
    assert!(echoed.stdout.contains(r#""n":1.50"#) || echoed.stdout.contains(r#""n": 1.50"#));
    lift.wait_for_line("invoke    echo");

    let names = "error: there is no function `ecko`, only echo, batch\n";
    fails(&invoke(&lift, &["ecko", "--event", file]), 2, "", names);
    let several = "error: the app has several functions: name one of echo, batch\n";
    fails(&invoke(&lift, &["--event", file]), 2, "", several);
    fs::write(file, "{").expect("written");
    let ended = invoke(&lift, &["echo", "--event", file]);
    ended.failed_with(&["the event in ", "is not JSON: EOF while parsing"]);
    invoke(&lift, &["echo", "--event", "/no/such"]).failed_with(&["cannot read /no/such"]);
    let nothing = invoke(&lift, &["echo"]);
    assert_eq!(nothing.status.code(), Some(2), "{}", nothing.stderr);
}

#[test]
fn messages_of_a_queue_are_one_batch_and_the_failed_ones_are_named() {
    let lift = two_functions();
    let args = ["--sqs", "one", "--sqs", r#"{"job":2}"#, "--queue", "jobs"];
    let event = result(&invoke(&lift, &[&["echo"][..], &args].concat()));
    let bodies: Vec<&Value> =
        event["Records"].as_array().expect("records").iter().map(|one| &one["body"]).collect();
    assert_eq!(bodies, ["one", r#"{"job":2}"#]);
    assert_eq!(event["Records"][0]["eventSourceARN"], "arn:aws:sqs:us-east-1:000000000000:jobs");
    let ended = invoke(&lift, &[&["batch"][..], &args].concat());
    assert_eq!(ended.status.code(), Some(1));
    assert_eq!(ended.stderr, "message 2 failed: {\"job\":2}\n");
    assert!(ended.stdout.contains("batchItemFailures"), "{}", ended.stdout);
    let lines = lift.lines_until("1 of the messages failed");
    let line = lines.iter().find(|line| line.contains("sqs       batch")).expect("a line");
    assert!(line.contains("error") && line.contains("batchItemFailures"), "{line}");
}

#[test]
fn a_failure_of_the_function_is_no_result() {
    let folder = test_function();
    let lift =
        Lift::dev_with(&folder, &["--log", "json"], &[("TEST_FUNCTION", "by-message".as_ref())]);
    lift.stdout_until("\"ready\"");
    let failed = invoke(&lift, &["--sqs", "fail"]);
    fails(&failed, 1, "", "error: the function failed with TestError: it\\e[2J failed\n");
    let line = lift.stdout_until("TestError").pop().expect("a line");
    let line: Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!((&line["source"], &line["function"]), (&json!("sqs"), &json!("test-function")));
    assert!(line.get("connectionId").is_none() && line.get("routeKey").is_none(), "{line}");
    let exited = invoke(&lift, &["--sqs", "exit"]);
    assert_eq!((exited.status.code(), &*exited.stdout), (Some(1), ""));
    assert!(
        exited.stderr.contains("Runtime.ExitError: the function's process ended"),
        "{exited:?}"
    );
    let log = lift.stdout_until("the function exits").pop().expect("a line");
    assert!(log.contains(r#""source":"sqs""#), "the line of the invocation: {log}");
}

#[test]
fn schedules_of_a_description_are_listed_and_fired_by_name() {
    let folder = test_function();
    let scheduled = [("TEST_FUNCTION", "scheduled".as_ref())];
    let lift = Lift::dev_with(&folder, &["--no-schedules"], &scheduled);
    let block = lift.ready();
    assert!(block.contains("  Schedule    close: rate(1 day)   (off)\n"), "{block}");
    assert!(block.contains("  Schedule    restock: cron(0 4 ? * MON-FRI *)   (off)\n"), "{block}");
    let event = result(&invoke(&lift, &["--schedule", "close"]));
    assert_eq!((&event["source"], &event["detail"]), (&json!("aws.events"), &json!({})));
    let arn = "arn:aws:events:us-east-1:000000000000:rule/close";
    assert_eq!(event["resources"], json!([arn]));
    let lines = lift.lines_until("the function got an event");
    assert!(lines.iter().any(|line| line.contains("schedule  close")), "{lines:?}");
    let several = "error: the app has several schedules: name one of close, restock\n";
    fails(&invoke(&lift, &["--schedule"]), 2, "", several);
    let unknown = "error: there is no schedule `clsoe`, only close, restock\n";
    fails(&invoke(&lift, &["--schedule", "clsoe"]), 2, "", unknown);
}

#[test]
fn a_schedule_of_an_app_without_schedules_is_made_up() {
    let lift = two_functions();
    let ended = invoke(&lift, &["echo", "--schedule"]);
    assert!(ended.stderr.contains("the app has no schedule for this"), "{}", ended.stderr);
    assert_eq!(result(&ended)["detail-type"], "Scheduled Event");
    let unknown = "error: there is no schedule `x`: the app has no schedules\n";
    fails(&invoke(&lift, &["--schedule", "x"]), 2, "", unknown);
}

/// A template whose function Jobs no route uses, with schedules.
fn template(folder: &Path, schedules: &str) {
    let text = format!(
        "Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      RouteSelectionExpression: $request.body.action
      Routes: {{$default: {{FunctionArn: !GetAtt Chat.Arn}}}}
  Chat:
    Type: AWS::Serverless::Function
    Properties: {{Runtime: provided.al2023, Handler: x, CodeUri: .}}
  Jobs:
    Type: AWS::Serverless::Function
    Properties: {{Runtime: provided.al2023, Handler: x, CodeUri: jobs}}
{schedules}"
    );
    fs::write(folder.join("template.yaml"), text).expect("written");
    let bootstrap = folder.join("bootstrap");
    let script = format!("#!/bin/sh\nexec {} word\n", test_function_binary());
    fs::write(&bootstrap, script).expect("written");
    fs::set_permissions(&bootstrap, fs::Permissions::from_mode(0o755)).expect("executable");
}

#[test]
fn a_schedule_of_a_template_fires_by_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    // One of them is after the start, however slow the machine is.
    let once = |seconds: u64| {
        let at = Timestamp::now() + Duration::from_secs(seconds);
        let at = at.strftime("%Y-%m-%dT%H:%M:%S");
        format!(
            "  Once{seconds}: {{Type: AWS::Scheduler::Schedule, Properties: {{ScheduleExpression: at({at}), \
             FlexibleTimeWindow: {{Mode: 'OFF'}}, Target: {{Arn: !GetAtt Chat.Arn, RoleArn: x}}}}}}\n"
        )
    };
    let schedules: String = [2, 4, 8, 16, 32, 64].into_iter().map(once).collect();
    template(folder.path(), &schedules);
    let lift = Lift::dev(folder.path(), &[]);
    let block = lift.ready();
    assert!(block.contains("  Schedule    Once64: at("), "{block}");
    lift.wait_for_line("schedule  Once");
}

#[test]
fn a_function_without_a_route_starts_with_its_first_event() {
    let folder = tempfile::tempdir().expect("a folder");
    template(folder.path(), "");
    let jobs = folder.path().join("jobs");
    fs::create_dir(&jobs).expect("created");
    let bootstrap = jobs.join("bootstrap");
    fs::write(&bootstrap, "#!/bin/sh\necho no library\nexit 3\n").expect("written");
    fs::set_permissions(&bootstrap, fs::Permissions::from_mode(0o755)).expect("executable");
    // It cannot start, and the app runs nevertheless.
    let lift = Lift::dev(folder.path(), &[]);
    lift.ready();
    let failed = invoke(&lift, &["Jobs", "--sqs", "1"]);
    assert_eq!(failed.status.code(), Some(1), "{}", failed.stderr);
    assert!(failed.stderr.contains("Runtime.ExitError: the process ended"), "{}", failed.stderr);
    lift.wait_for_line("no library");
    fs::copy(folder.path().join("bootstrap"), &bootstrap).expect("copied");
    let event = result(&invoke(&lift, &["Jobs", "--sqs", "1"]));
    let name = event["body"].as_str().expect("a body");
    assert!(name.contains("-Jobs says word"), "{name}");
}

#[test]
fn programs_find_lambda_by_its_url_and_pages_do_not_reach_it() {
    let lift = two_functions();
    let data = lift.data().to_str().expect("UTF-8");
    let json = Lift::with_args(&["env", "--format", "json", "--data-dir", data]).ended();
    let variables: Value = serde_json::from_str(&json.stdout).expect("JSON");
    let url = variables["AWS_ENDPOINT_URL_LAMBDA"].as_str().expect("a URL");
    let path = "/2015-03-31/functions/echo/invocations";
    let post = |header: &str| {
        let mut stream =
            std::net::TcpStream::connect(url.trim_start_matches("http://")).expect("it listens");
        let head =
            format!("POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{header}");
        std::io::Write::write_all(
            &mut stream,
            format!("{head}content-length: 1\r\n\r\n5").as_bytes(),
        )
        .expect("sent");
        std::io::read_to_string(stream).expect("an answer")
    };
    let answer = post("");
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("\r\n\r\n5"), "{answer}");
    assert!(post("origin: http://localhost:8080\r\n").starts_with("HTTP/1.1 403"));
}

#[test]
fn without_a_running_app_the_error_says_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().to_str().expect("UTF-8");
    let ended = Lift::with_args(&["invoke", "--sqs", "1", "--data-dir", data]).ended();
    ended.failed_with(&["no `lift dev` runs with the data folder "]);
}

#[test]
fn the_ready_block_names_lambda() {
    let block = {
        let lift = Lift::dev_of(&[
            "--command",
            &format!("{} word", test_function_binary()),
            "--route",
            "x",
        ]);
        lift.ready()
    };
    assert!(value(&block, "Lambda").starts_with("http://127.0.0.1:"), "{block}");
}

#[test]
fn a_recording_has_the_events_of_all_sources_and_replays_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("session.jsonl");
    let shown = file.to_str().expect("UTF-8");
    let app = test_function();
    let scheduled = [("TEST_FUNCTION", "scheduled".as_ref())];
    let lift = Lift::dev_with(&app, &["--record", shown], &scheduled);
    lift.ready();
    result(&invoke(&lift, &["--schedule", "close"]));
    result(&invoke(&lift, &["--sqs", "one"]));
    lift.signal("INT");
    assert_eq!(lift.ended().status.code(), Some(0));
    let text = fs::read_to_string(&file).expect("written");
    let lines: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let [_, close, _, sqs, _] = &lines[..] else { panic!("{text}") };
    assert_eq!((&close["kind"], &close["source"]), (&json!("invoke"), &json!("schedule")));
    assert_eq!(
        (&close["schedule"], &close["function"]),
        (&json!("close"), &json!("test-function"))
    );
    assert_eq!(
        (&sqs["source"], &sqs["event"]["Records"][0]["body"]),
        (&json!("sqs"), &json!("one"))
    );

    let replay = |variables: &[(&str, &std::ffi::OsStr)]| {
        let app = app.to_str().expect("UTF-8");
        Lift::with_variables(&["replay", shown, app], variables).ended()
    };
    let same = replay(&scheduled);
    assert_eq!(same.status.code(), Some(0), "{}", same.stderr);
    assert!(same.stdout.contains("2 events"), "{}", same.stdout);
    let other = replay(&[]);
    assert_eq!(other.status.code(), Some(1), "{}", other.stderr);
    assert!(
        other.stdout.contains("event 1, schedule close, function test-function"),
        "{}",
        other.stdout
    );
}
