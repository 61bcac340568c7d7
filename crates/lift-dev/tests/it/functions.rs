//! Any program as the function: its routes by flags, several functions, an authorizer, a function that runs
//! elsewhere, a function that a debugger starts.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
};

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::time::timeout;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message},
};

use crate::{
    app::{test_function, test_function_binary},
    command::{Lift, TIMEOUT, wait_until},
    scenario::value,
};

type Client = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

async fn connect(block: &str) -> Client {
    connect_to(block, "").await.expect("accepted")
}

/// Connects with a query. Returns the status if the handshake is refused.
async fn connect_to(block: &str, query: &str) -> Result<Client, u16> {
    match connect_async(format!("{}{query}", value(block, "WebSocket"))).await {
        Ok((client, _)) => Ok(client),
        Err(Error::Http(response)) => Err(response.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

async fn ask(client: &mut Client, message: &str) -> String {
    client.send(Message::text(message)).await.expect("the connection is open");
    next(client).await
}

async fn next(client: &mut Client) -> String {
    let message = timeout(TIMEOUT, client.next()).await.expect("a frame within the timeout");
    message
        .expect("the connection is open")
        .expect("a frame")
        .into_text()
        .expect("text")
        .to_string()
}

#[tokio::test]
async fn a_command_has_the_routes_that_flags_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let command = format!("{} 'good day'", test_function_binary());
    let flags = ["--route", "$connect", "--two-way", "greet", "--select", "$request.body.type"];
    let args = [&["--command", &command][..], &flags].concat();
    let lift = Lift::dev_with(folder.path(), &args, &[]);
    let mut client = connect(&lift.ready()).await;
    let reply = ask(&mut client, r#"{"type":"greet"}"#).await;
    assert!(reply.ends_with(" says good day "), "{reply}");
    let nothing = ask(&mut client, r#"{"action":"greet"}"#).await;
    assert!(nothing.contains("Forbidden"), "no route is selected by `action`: {nothing}");
}

#[test]
fn a_command_may_describe_its_own_routes() {
    let lift = Lift::dev_of(&["--command", &test_function_binary()]);
    lift.ready();
}

#[tokio::test]
async fn each_of_several_functions_has_its_routes() {
    let [plain, named] = ["one", "two"].map(|word| format!("{} {word}", test_function_binary()));
    let lift = Lift::dev_of(
        &[
            &["--command", &plain, "--function", &format!("other={named}")][..],
            &["--two-way", "a", "--two-way", "b=other"],
        ]
        .concat(),
    );
    let mut client = connect(&lift.ready()).await;
    assert!(ask(&mut client, r#"{"action":"a"}"#).await.ends_with(" says one "));
    assert_eq!(ask(&mut client, r#"{"action":"b"}"#).await, "other says two ");
}

#[tokio::test]
async fn a_second_function_can_be_added_to_an_app_with_a_description() {
    let named = format!("other={} two", test_function_binary());
    let lift =
        Lift::dev_with(&test_function(), &["--function", &named, "--two-way", "b=other"], &[]);
    let mut client = connect(&lift.ready()).await;
    assert_eq!(ask(&mut client, r#"{"action":"b"}"#).await, "other says two ");
}

#[tokio::test]
async fn an_authorizer_decides_about_handshakes() {
    for (effect, expected) in [("Allow", Ok(())), ("Deny", Err(403))] {
        let functions = [("other", "word"), ("auth", effect)];
        let functions =
            functions.map(|(name, word)| format!("{name}={} {word}", test_function_binary()));
        let [other, auth] = &functions;
        let source = "route.request.querystring.token";
        let lift = Lift::dev_of(
            &[
                &["--function", other, "--route", "$default=other", "--function", auth][..],
                &["--authorizer=auth", "--identity-source", source],
            ]
            .concat(),
        );
        let block = lift.ready();
        assert_eq!(connect_to(&block, "?token=x").await.map(drop), expected, "{effect}");
        assert_eq!(connect_to(&block, "").await.map(drop), Err(401), "no identity source");
    }
}

#[tokio::test]
async fn environment_files_apply_to_all_functions() {
    let folder = tempfile::tempdir().expect("a folder");
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    fs::write(&first, "# the word\nGREETING=hello\nAWS_SECRET_ACCESS_KEY=real\n").expect("written");
    fs::write(&second, "export GREETING='good day'\n").expect("written");
    let [first, second] = [&first, &second].map(|path| path.to_str().expect("UTF-8"));
    let [plain, named] =
        ["", "other="].map(|name| format!("{name}{} word", test_function_binary()));
    let lift = Lift::dev_of(
        &[
            &["--command", &plain, "--function", &named, "--two-way", "a", "--two-way", "b=other"]
                [..],
            &["--env-file", first, "--env-file", second],
        ]
        .concat(),
    );
    let mut client = connect(&lift.ready()).await;
    for action in ["a", "b"] {
        let reply = ask(&mut client, &format!(r#"{{"action":"{action}"}}"#)).await;
        assert!(reply.ends_with("word good day"), "{reply}");
    }
    lift.wait_for_line("first: AWS_SECRET_ACCESS_KEY is not passed on");
}

/// A fake Lambda emulator. It responds to each call with the next of these headers and replies. The thread returns
/// the calls.
fn emulator(
    responses: [(&'static str, &'static str); 2],
) -> (String, thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    let calls = thread::spawn(move || {
        // The first connection only checks whether the server is reachable.
        drop(listener.accept().expect("a connection"));
        let respond = |(headers, reply)| respond_once(&listener, headers, reply);
        responses.into_iter().map(respond).collect()
    });
    (format!("http://{address}"), calls)
}

fn respond_once(listener: &TcpListener, headers: &str, reply: &str) -> String {
    let (stream, _) = listener.accept().expect("a call");
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(stream.read_line(&mut head).expect("a head") > 0);
    }
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.expect("a length").parse().expect("a number")];
    stream.read_exact(&mut body).expect("a body");
    let length = reply.len();
    write!(
        stream.get_mut(),
        "HTTP/1.1 200 OK\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{reply}"
    )
    .expect("sent");
    format!("{}{}", head.lines().next().expect("a line"), String::from_utf8_lossy(&body))
}

#[tokio::test]
async fn a_function_url_is_called() {
    let failure = r#"{"errorType":"Oops","errorMessage":"secret"}"#;
    let (url, calls) = emulator([
        ("", r#"{"statusCode":200,"body":"from afar"}"#),
        ("x-amz-function-error: Unhandled\r\n", failure),
    ]);
    let lift = Lift::dev_of(&["--function-url", &url, "--two-way", "$default"]);
    let mut client = connect(&lift.ready()).await;
    assert_eq!(ask(&mut client, "hi").await, "from afar");
    let failure = ask(&mut client, "hi").await;
    assert!(failure.contains("Internal server error"), "{failure}");
    lift.wait_for_line("the function failed with Oops: secret");
    let calls = calls.join().expect("both calls");
    assert!(calls[0].starts_with("POST /2015-03-31/functions/function/invocations "), "{calls:?}");
    assert!(calls[0].contains(r#""body":"hi""#), "{calls:?}");

    let failure = ask(&mut client, "hi").await;
    assert!(failure.contains("Internal server error"), "{failure}");
    lift.wait_for_line("start the function there");
}

/// The file with variables that `lift dev` writes for a debugger.
fn env_file(lift: &Lift) -> Option<PathBuf> {
    let files = fs::read_dir(lift.data()).expect("readable").flatten();
    files.map(|file| file.path()).find(|path| path.extension().is_some_and(|ext| ext == "env"))
}

/// Starts the test function like a debugger, with the variables of that file.
fn start_attached(lift: &Lift, word: &str) -> Child {
    let file = fs::read_to_string(env_file(lift).expect("the file")).expect("readable");
    let unquote = |value: &str| value.trim_matches('\'').to_owned();
    let variables: BTreeMap<String, String> = file
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), unquote(value)))
        .collect();
    let mut command = Command::new(test_function_binary());
    command.arg(word).env_clear().envs(variables).stdout(Stdio::piped());
    command.spawn().expect("it starts")
}

#[tokio::test]
async fn an_attached_function_gets_events_after_a_restart_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let routes = ["--route", "$connect", "--two-way", "$default", "--route", "$disconnect"];
    let lift =
        Lift::dev_with(folder.path(), &[&["--attach=127.0.0.1:0"][..], &routes].concat(), &[]);
    let block = lift.ready();
    let line = block.lines().find(|line| line.trim_start().starts_with("Attach")).expect("a line");
    assert!(line.contains("AWS_LAMBDA_RUNTIME_API=127.0.0.1:"), "{line}");

    // The event comes first, and waits for a process.
    let waiting = tokio::spawn({
        let block = block.clone();
        async move { connect(&block).await }
    });
    let mut first = start_attached(&lift, "hang");
    let mut client = waiting.await.expect("accepted by the first process");
    client.send(Message::text("hi")).await.expect("sent");
    let mut lines = BufReader::new(first.stdout.take().expect("piped")).lines();
    assert!(lines.any(|line| line.is_ok_and(|line| line == "the function hangs")));
    first.kill().expect("still running");
    first.wait().expect("ended");

    // Its event fails when another process attaches. That process gets the following events.
    let mut second = start_attached(&lift, "again");
    assert!(next(&mut client).await.contains("Internal server error"));
    assert!(ask(&mut client, "hi").await.ends_with(" says again "));
    second.kill().expect("still running");
    second.wait().expect("ended");

    // No process is attached for `$disconnect`, which does not delay the end. Lift removes the file.
    lift.signal("INT");
    let closed = timeout(TIMEOUT, client.next()).await.expect("within the timeout");
    assert!(matches!(closed, Some(Ok(Message::Close(_)))), "{closed:?}");
    drop(client);
    wait_until("the file is removed", || env_file(&lift).is_none());
    let ended = lift.ended();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    let line = "no execution environment could take the invocation";
    assert!(ended.stderr.contains(line), "{}", ended.stderr);
}

#[tokio::test]
async fn an_attached_function_with_an_init_error_can_be_started_again() {
    let lift = Lift::dev_of(&["--attach=127.0.0.1:0", "--two-way", "$default"]);
    let block = lift.ready();
    let line = block.split("AWS_LAMBDA_RUNTIME_API=").nth(1).expect("the address");
    let address = line.split_whitespace().next().expect("an address");
    let body = r#"{"errorType":"Config","errorMessage":"no table"}"#;
    let head = format!("Host: {address}\r\nContent-Length: {}\r\n\r\n", body.len());
    for _ in 0..2 {
        let mut stream = TcpStream::connect(address).expect("the Runtime API listens");
        write!(stream, "POST /2018-06-01/runtime/init/error HTTP/1.1\r\n{head}{body}")
            .expect("sent");
        lift.wait_for_line("cannot start (\"Config\": \"no table\"): fix that");
    }
    let mut function = start_attached(&lift, "again");
    let mut client = connect(&block).await;
    assert!(ask(&mut client, "hi").await.ends_with(" says again "));
    function.kill().expect("still running");
    function.wait().expect("ended");
}

#[track_caller]
fn fails_with(args: &[&str], parts: &[&str]) {
    Lift::dev_of(args).ended().failed_with(parts);
}

#[test]
fn errors_of_commands_name_the_fix() {
    fails_with(
        &["--command", "no-such-program a", "--route", "x"],
        &["cannot start `no-such-program a` in ", "must be in that folder or in PATH"],
    );
    fails_with(
        &["--command", "sh -c 'echo no key; exit 3'", "--route", "x"],
        &[
            "`sh -c 'echo no key; exit 3'` ended (exit status: 3) before it asked for its first event",
            "\n  no key",
        ],
    );
    fails_with(
        &["--command", "true", "--route", "x"],
        &["`true` ended", "asking the Lambda Runtime"],
    );
    fails_with(&["--command", "true"], &["Name its routes, such as --route '$connect'"]);
    fails_with(&["--attach"], &["nothing says which routes the function has"]);
    fails_with(&["--function-url", "http://localhost:1"], &["nothing says which routes"]);
}

#[test]
fn errors_of_routes_name_the_fix() {
    fails_with(
        &["--function", "a=true", "--route", "x"],
        &["the route x has no function", "one of a"],
    );
    fails_with(&["--function", "a=true", "--route", "x=b"], &["there is only: a"]);
    fails_with(&["--command", "true", "--route", "x=b"], &["--function b=COMMAND"]);
    fails_with(&["--command", "true", "--route", "x", "--two-way", "x"], &["given twice"]);
    let two = ["--function", "a=true", "--function", "a=true", "--route", "x=a"];
    fails_with(&two, &["two functions have the name a"]);
    let authorizer = ["--function", "a=true", "--route", "x=a", "--authorizer"];
    fails_with(&authorizer, &["the authorizer has no function"]);
}

#[test]
fn errors_of_environment_files_name_the_fix() {
    let missing = ["--command", "true", "--route", "x", "--env-file", "/no/such/file"];
    fails_with(&missing, &["cannot read /no/such/file"]);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("env");
    fs::write(&file, "GREETING hello\n").expect("written");
    let file = file.to_str().expect("UTF-8");
    fails_with(
        &["--command", "true", "--route", "x", "--env-file", file],
        &["is not a file of NAME=VALUE lines"],
    );
}
