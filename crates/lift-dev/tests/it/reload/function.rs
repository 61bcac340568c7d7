//! A Lambda function with only std, which the tests of hot reload change. It replies with a word.
mod word;

use std::{io::{Read, Write}, net::TcpStream};

fn main() {
    if std::env::var_os("LIFT_DESCRIBE").is_some() {
        println!("{}", r#"{"version":1,"routes":[{"key":"say","two_way":true}]}"#);
        return;
    }
    // fails here
    let api = std::env::var("AWS_LAMBDA_RUNTIME_API").unwrap();
    let reply = format!(r#"{{"statusCode":200,"body":"{}"}}"#, word::WORD);
    loop {
        let id = call(&api, "GET", "next", "").expect("a request id");
        call(&api, "POST", &format!("{id}/response"), &reply);
    }
}

/// Calls the Runtime API, and returns the id of the event, if the response is one.
fn call(api: &str, method: &str, path: &str, body: &str) -> Option<String> {
    let mut stream = TcpStream::connect(api).unwrap();
    let (path, length) = (format!("/2018-06-01/runtime/invocation/{path}"), body.len());
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: {api}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
        .unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    let headers = response.lines().filter_map(|line| line.split_once(": "));
    let id = headers.into_iter().find(|(name, _)| *name == "lambda-runtime-aws-request-id");
    id.map(|(_, id)| id.to_owned())
}
