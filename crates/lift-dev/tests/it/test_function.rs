//! A Lambda function with only std, which the tests compile as a separate package.
use std::{io::{BufRead, BufReader, Read, Write}, net::TcpStream};

fn main() {
    let mode = std::env::var("TEST_FUNCTION").unwrap_or_default();
    if std::env::var_os("LIFT_DESCRIBE").is_some() {
        match &*mode {
            "not-a-lift-app" => println!("hello"),
            "no-variable" => {
                eprintln!("Error: NotPresent");
                std::process::exit(1);
            }
            "no-description" => std::thread::sleep(std::time::Duration::from_secs(60)),
            "scheduled" => println!(
                "{}",
                r#"{"version":1,"routes":[{"key":"$default"}],"schedules":[{"name":"close","expression":"rate(1 day)"},{"name":"restock","expression":"cron(0 4 ? * MON-FRI *)"}]}"#
            ),
            "by-message" => println!(
                "{}",
                r#"{"version":1,"routes":[{"key":"$connect"},{"key":"$disconnect"},{"key":"say","two_way":true}],"schedules":[{"name":"close","expression":"rate(1 day)"}]}"#
            ),
            _ => println!(
                "{}",
                r#"{"version":1,"routes":[{"key":"$connect"},{"key":"$disconnect"},{"key":"$default"}],"tables":[]}"#
            ),
        }
        return;
    }
    // Shows the test the id of this process.
    if let Some(folder) = std::env::var_os("TEST_FUNCTION_PIDS") {
        let name = std::path::Path::new(&folder).join(std::process::id().to_string());
        std::fs::write(name, "").unwrap();
    }
    let api = std::env::var("AWS_LAMBDA_RUNTIME_API").unwrap();
    match &*mode {
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
        "never-ready" => std::thread::sleep(std::time::Duration::from_secs(600)),
        _ => {}
    }
    println!("the function is up");
    loop {
        let (head, event) = call(&api, "GET", "/2018-06-01/runtime/invocation/next", "");
        let id = head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(name, _)| name.eq_ignore_ascii_case("lambda-runtime-aws-request-id"))
            .map(|(_, id)| id.to_owned())
            .expect("a request id");
        if mode == "slow-disconnect" && String::from_utf8_lossy(&event).contains("DISCONNECT") {
            std::thread::sleep(std::time::Duration::from_secs(60));
        }
        let (what, body) = reply_to(&String::from_utf8_lossy(&event));
        let path = format!("/2018-06-01/runtime/invocation/{id}/{what}");
        call(&api, "POST", &path, &body);
    }
}

/// Returns the path of the Runtime API and the reply. The first argument chooses it: a text for the client, an
/// authorizer's policy, or no reply.
fn reply_to(event: &str) -> (&'static str, String) {
    let word = std::env::args().nth(1);
    let reply = match word.as_deref() {
        None if std::env::var("TEST_FUNCTION").is_ok_and(|mode| mode == "by-message") => {
            let (what, body) = by_message(event);
            return (what, body.to_owned());
        }
        None if std::env::var("TEST_FUNCTION").is_ok_and(|mode| mode == "scheduled") => {
            println!("the function got an event");
            event.to_owned()
        }
        None => r#"{"statusCode":200}"#.to_owned(),
        Some(effect @ ("Allow" | "Deny")) => format!(
            r#"{{"principalId":"ana","policyDocument":{{"Statement":{{"Effect":"{effect}","Action":"*","Resource":"*"}}}}}}"#
        ),
        Some("echo") => event.to_owned(),
        Some("fails-the-second") => {
            // The second record: an id has 36 characters.
            let at = event.match_indices("\"messageId\":\"").nth(1).map_or(0, |(at, text)| at + text.len());
            let id = &event[at..at + 36];
            format!(r#"{{"batchItemFailures":[{{"itemIdentifier":"{id}"}}]}}"#)
        }
        Some("hang") if event.contains("MESSAGE") => {
            println!("the function hangs");
            std::thread::sleep(std::time::Duration::from_secs(600));
            String::new()
        }
        Some(word) => {
            let name = std::env::var("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default();
            let greeting = std::env::var("GREETING").unwrap_or_default();
            format!(r#"{{"statusCode":200,"body":"{name} says {word} {greeting}"}}"#)
        }
    };
    ("response", reply)
}

/// Does what the event's message says: wait for another event, exit, fail, or reply.
fn by_message(event: &str) -> (&'static str, &'static str) {
    if let Some(at) = event.find("meet-") {
        let name = &event[at..at + 6];
        println!("{name} begins");
        // Waits until both events run at the same time.
        let folder = std::path::PathBuf::from(std::env::var_os("TEST_FUNCTION_PIDS").unwrap());
        std::fs::write(folder.join(name), "").unwrap();
        while !["meet-A", "meet-B"].iter().all(|name| folder.join(name).exists()) {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        eprint!("{name} \u{1b}[31mends");
    }
    if event.contains("exit") {
        println!("the function exits");
        std::process::exit(4);
    }
    if event.contains("fail") {
        return ("error", r#"{"errorType":"TestError","errorMessage":"it\u001b[2J failed"}"#);
    }
    let body = if event.contains("malformed") { "[1]" } else { r#"{"statusCode":200,"body":"got it"}"# };
    ("response", body)
}

fn call(api: &str, method: &str, path: &str, body: &str) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(api).unwrap();
    let length = body.len();
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: {api}\r\nContent-Length: {length}\r\n\r\n{body}")
        .unwrap();
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(stream.read_line(&mut head).unwrap() > 0, "the Runtime API has ended");
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
