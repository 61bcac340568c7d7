//! A function in another process whose state cannot be made: the Runtime API gets an init error, and `main` prints
//! one line.

use std::process::Stdio;

use lift_ws::{App, Error, GlobalPublisher, State};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    process::Command,
};

/// Not a test: the process that the test starts.
#[tokio::test]
#[ignore = "runs only as a function"]
async fn function() {
    async fn secret() -> Result<String, Error> {
        let cause = std::io::Error::other("access denied");
        Err(Error::internal(cause))
    }
    let app = App::with_state_from(secret).unmanaged().require_env("LIFT_TEST_SET");
    let beside = async |State(secret): State<String>, _: GlobalPublisher, _: Value| {
        Ok::<_, Error>(json!(secret.len()))
    };
    let error = lift_aws::run_beside(app, beside).await.expect_err("the state fails");
    panic!("{error:?} (is_state: {})", error.is_state());
}

/// Runs the function with a Runtime API of one response. Returns the request and stderr.
async fn run(set: &str) -> (String, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    let process = command
        .args(["--exact", "late_state::function", "--ignored", "--nocapture"])
        .env("AWS_LAMBDA_RUNTIME_API", address)
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("LIFT_TEST_SET", set)
        .env_remove("LIFT_DESCRIBE")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("it starts");
    let mut request = String::new();
    let answer = async {
        let (mut socket, _) = listener.accept().await.expect("a request");
        let mut buffer = [0; 4096];
        while !request.ends_with('}') {
            let read = socket.read(&mut buffer).await.expect("the request");
            request.push_str(&String::from_utf8_lossy(&buffer[..read]));
        }
        let response = "HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n";
        socket.write_all(response.as_bytes()).await.expect("the response");
        std::future::pending::<()>().await;
    };
    let output = tokio::select! {
        output = process.wait_with_output() => output.expect("it ends"),
        () = answer => unreachable!("it answers until the function ends"),
    };
    (request, String::from_utf8_lossy(&output.stderr).into_owned())
}

#[tokio::test]
async fn a_state_that_fails_is_an_init_error() {
    let (request, stderr) = run("yes").await;
    assert!(request.starts_with("POST /2018-06-01/runtime/init/error HTTP/1.1\r\n"), "{request}");
    let body = request.rsplit("\r\n").next().expect("a body");
    let body: Value = serde_json::from_str(body).expect("JSON");
    assert_eq!(body["errorMessage"], "the app's state could not be made: access denied");
    let line = "the function cannot start: the app's state could not be made: access denied (is_state: true)";
    assert!(stderr.contains(line), "{stderr}");
}

#[tokio::test]
async fn required_variables_are_checked_before_the_state_is_made() {
    let (request, stderr) = run("").await;
    assert_eq!(request, "", "no state was made");
    assert!(stderr.contains("set these environment variables of the function: LIFT_TEST_SET"));
}
