//! A Lambda function over std alone, compiled by the tests as a package of its own.
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

fn main() {
    let todo = std::env::var("TINY").unwrap_or_default();
    if std::env::var_os("LIFT_DESCRIBE").is_some() {
        match &*todo {
            "stranger" => println!("hello"),
            "deaf" => std::thread::sleep(std::time::Duration::from_secs(60)),
            _ => println!(
                "{}",
                r#"{"version":1,"routes":[{"key":"$connect"},{"key":"$disconnect"},{"key":"$default"}],"tables":[]}"#
            ),
        }
        return;
    }
    // Whoever starts this process can see that it did, and which one it was.
    if let Some(folder) = std::env::var_os("TINY_PIDS") {
        let name = std::path::Path::new(&folder).join(std::process::id().to_string());
        std::fs::write(name, "").unwrap();
    }
    let api = std::env::var("AWS_LAMBDA_RUNTIME_API").unwrap();
    match &*todo {
        "exit" => {
            println!("the key is missing");
            std::process::exit(3);
        }
        "panic" => panic!("no such file"),
        "init-error" => {
            let body = r#"{"errorMessage":"no table","errorType":"Config"}"#;
            call(&api, "POST", "/2018-06-01/runtime/init/error", body);
            std::thread::sleep(std::time::Duration::from_secs(60));
        }
        "silent" => std::thread::sleep(std::time::Duration::from_secs(600)),
        _ => {}
    }
    println!("TINY is up");
    loop {
        let (head, event) = call(&api, "GET", "/2018-06-01/runtime/invocation/next", "");
        let id = head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(name, _)| name.eq_ignore_ascii_case("lambda-runtime-aws-request-id"))
            .map(|(_, id)| id.to_owned())
            .expect("a request id");
        if todo == "slow" && String::from_utf8_lossy(&event).contains("DISCONNECT") {
            std::thread::sleep(std::time::Duration::from_secs(60));
        }
        let path = format!("/2018-06-01/runtime/invocation/{id}/response");
        call(&api, "POST", &path, r#"{"statusCode":200}"#);
    }
}

fn call(api: &str, method: &str, path: &str, body: &str) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(api).unwrap();
    let length = body.len();
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: {api}\r\nContent-Length: {length}\r\n\r\n{body}")
        .unwrap();
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(stream.read_line(&mut head).unwrap() > 0, "the Runtime API is gone");
    }
    let length = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, length)| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    (head, body)
}
