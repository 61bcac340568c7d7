//! `lift connect` against a WebSocket server: scripts, pipes, refusals and closes.

use std::{
    io::Write as _,
    process::{Command, Output, Stdio},
};

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpListener;
use tokio_tungstenite::{
    accept_hdr_async,
    tungstenite::{
        Message,
        handshake::server::{ErrorResponse, Request, Response},
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

/// Clears the screen, writes the clipboard by C1 and sets the title by ESC, turns text around, hides, and
/// fakes lines.
const UNSAFE: &str =
    "a\u{9b}2J\u{9d}52;c;eA==\u{9c}\x1b]0;title\x07\u{202e}\u{200b}\r\nerror: x\u{2028}y";

/// The same, as Lift shows it in one line.
const SHOWN: &str =
    r"a\u{9b}2J\u{9d}52;c;eA==\u{9c}\e]0;title\u{7}\u{202e}\u{200b}\r\nerror: x\u{2028}y";

/// A server that echoes, closes with 1009 on `close`, and with `?secret` refuses clients without a token. On
/// `unsafe_text` it sends an unsafe message and closes with an unsafe reason.
async fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("is bound");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                // The library defines the type of a refusal.
                #[allow(clippy::result_large_err)]
                let check = |request: &Request, mut response: Response| {
                    let header = |name: &str| request.headers().get(name).cloned();
                    if request.uri().query() == Some("unsafe_text") {
                        let mut refusal = ErrorResponse::new(Some(UNSAFE.to_owned()));
                        *refusal.status_mut() = 403.try_into().expect("a status");
                        return Err(refusal);
                    }
                    if request.uri().query() == Some("secret") && header("x-token").is_none() {
                        let mut refusal = ErrorResponse::new(Some("no token".to_owned()));
                        *refusal.status_mut() = 401.try_into().expect("a status");
                        return Err(refusal);
                    }
                    if header("sec-websocket-protocol").is_some_and(|offers| offers == "v1, v2") {
                        let chosen = "v2".parse().expect("a value");
                        response.headers_mut().insert("sec-websocket-protocol", chosen);
                    }
                    Ok(response)
                };
                let Ok(mut socket) = accept_hdr_async(stream, check).await else { return };
                while let Some(Ok(message)) = socket.next().await {
                    match message {
                        Message::Text(text) if text == "close" => {
                            let frame = CloseFrame { code: CloseCode::Size, reason: "big".into() };
                            let _ = socket.close(Some(frame)).await;
                        }
                        Message::Text(text) if text == "unsafe_text" => {
                            let _ = socket.send(Message::text(UNSAFE)).await;
                            let frame =
                                CloseFrame { code: CloseCode::Normal, reason: UNSAFE.into() };
                            let _ = socket.close(Some(frame)).await;
                        }
                        Message::Text(_) => {
                            let _ = socket.send(message).await;
                        }
                        _ => {}
                    }
                }
            });
        }
    });
    format!("ws://{address}/stage")
}

/// Runs `lift connect` to its end.
async fn connect(args: &[&str], stdin: &str) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lift"));
    command.arg("connect").args(args).env_remove("LIFT_LOG");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let stdin = stdin.to_owned();
    let ended = tokio::task::spawn_blocking(move || -> Output {
        let mut child = command.spawn().expect("lift is built");
        // A refused `lift connect` does not read its stdin.
        let _ = child.stdin.take().expect("piped").write_all(stdin.as_bytes());
        child.wait_with_output().expect("our child")
    });
    let Output { status, stdout, stderr } = ended.await.expect("no panic");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (status.code().expect("no signal"), text(stdout), text(stderr))
}

#[tokio::test]
async fn the_steps_of_a_script_run_in_order() {
    let url = server().await;
    let steps = [
        url.as_str(),
        "--send",
        r#"{"n":1,"more":true}"#,
        "--expect",
        r#"{"n":1}"#,
        "--send",
        "--two",
        "--expect",
        "two",
        "--wait",
        "0",
    ];
    let (code, stdout, stderr) = connect(&steps, "").await;
    assert_eq!((code, stdout.as_str()), (0, "{\"n\":1,\"more\":true}\n--two\n"), "{stderr}");
    let unmet = [&url, "--send", "a", "--expect", "b", "--timeout", "0.2"];
    let (code, stdout, stderr) = connect(&unmet, "").await;
    assert_eq!((code, stdout.as_str()), (1, "a\n"));
    let error = "error: no message like b came within 0.2 s (1 others did)";
    assert!(stderr.contains(error), "{stderr}");
}

#[tokio::test]
async fn the_lines_of_a_pipe_are_sent() {
    let url = server().await;
    let (code, stdout, stderr) = connect(&[&url], "one\n{\"two\":2}\n").await;
    assert_eq!((code, stdout.as_str()), (0, "one\n{\"two\":2}\n"), "{stderr}");
    assert!(stderr.contains(&format!("connected to {url}")), "{stderr}");
}

#[tokio::test]
async fn a_close_of_the_server_is_shown() {
    let url = server().await;
    let (code, _, stderr) = connect(&[&url, "--send", "close"], "").await;
    assert!(stderr.contains("the server closed the connection with 1009: big"), "{stderr}");
    assert_eq!(code, 0);
    let (code, _, stderr) = connect(&[&url, "--send", "close", "--expect", "x"], "").await;
    let error =
        "error: the server closed the connection with 1009: big, and no message like x came";
    assert!(stderr.contains(error), "{stderr}");
    assert_eq!(code, 1);
}

#[tokio::test]
async fn a_pipe_gets_the_bytes_and_stderr_nothing_that_steers_it() {
    let url = server().await;
    let (code, stdout, stderr) = connect(&[&url, "--send", "unsafe_text"], "").await;
    assert_eq!((code, stdout), (0, format!("{UNSAFE}\n")));
    let closed = format!("the server closed the connection with 1000: {SHOWN}\n");
    assert!(stderr.ends_with(&closed), "{stderr:?}");
    let unmet = [&url, "--send", "unsafe_text", "--expect", "no", "--expect", "no"];
    let (code, _, stderr) = connect(&unmet, "").await;
    let closed =
        format!("error: the server closed the connection with 1000: {SHOWN}, and no message");
    assert!(code == 1 && stderr.contains(&closed), "{stderr:?}");
    let (code, _, stderr) = connect(&[&format!("{url}?unsafe_text")], "").await;
    let refused =
        format!("error: the handshake was refused with 403 Forbidden {SHOWN}: forbidden by");
    assert!(code == 1 && stderr.starts_with(&refused), "{stderr:?}");
    assert_eq!(stderr.lines().count(), 1, "{stderr:?}");
}

#[tokio::test]
async fn headers_and_subprotocols_are_part_of_the_handshake() {
    let url = format!("{}?secret", server().await);
    let (code, _, stderr) = connect(&[&url], "").await;
    assert!(stderr.contains("refused with 401 Unauthorized no token: "), "{stderr}");
    assert_eq!(code, 1);
    let token = ["-H", "X-Token: a:b", "-s", "v1", "-s", "v2", &url, "--wait", "0"];
    let (code, _, stderr) = connect(&token, "").await;
    assert!(stderr.contains("subprotocol v2"), "{stderr}");
    assert_eq!(code, 0);
}

#[tokio::test]
async fn a_server_without_tls_is_named() {
    let url = server().await;
    let tls = url.replacen("ws://", "wss://", 1);
    let (code, _, stderr) = connect(&[&tls], "").await;
    assert_eq!(code, 1);
    assert!(stderr.contains(&format!("there is no TLS at {tls}")), "{stderr}");
    assert!(stderr.contains(&format!(": use {url}")), "{stderr}");
}

#[tokio::test]
async fn errors_of_arguments_and_of_a_missing_server_name_the_fix() {
    for (args, part) in [
        (&["http://localhost"][..], "starts with ws:// or wss://"),
        (&["localhost"], "looks like ws://127.0.0.1:3001/local"),
        (&["-H", "no colon"], "a header looks like `Name: value`"),
        (&["--timeout=-1"], "number of seconds"),
    ] {
        let (code, _, stderr) = connect(args, "").await;
        assert!(stderr.contains(part), "{stderr}");
        assert_eq!(code, 2);
    }
    let free = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("ws://{}/local", free.local_addr().expect("is bound"));
    drop(free);
    let (code, _, stderr) = connect(&[&url], "").await;
    assert!(
        stderr.contains(&format!("error: nothing listens at {url}: start `lift dev")),
        "{stderr}"
    );
    assert_eq!(code, 1);
}
