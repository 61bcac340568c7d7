//! Starts the functions in turn, many times, and simulates their environment on one port: the Runtime API,
//! DynamoDB and `@connections`. Prints for each function the time from the start of the process to
//! its first request for an event and to its first reply, its resident memory at that time, and its size.
//!
//! The event is a `$connect` of the chat: the chat replies after it saved the connection, listed the
//! room and sent a post to its member. The minimal function does none of this.

use std::{
    collections::HashMap,
    env, fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Mutex,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

const EVENT: &str = r#"{"headers":{"Host":"api"},"multiValueHeaders":{"Host":["api"]},"queryStringParameters":{"name":"ana","room":"general"},"multiValueQueryStringParameters":{"name":["ana"],"room":["general"]},"requestContext":{"routeKey":"$connect","eventType":"CONNECT","extendedRequestId":"r","requestTime":"21/Nov/2026:12:00:00 +0000","messageDirection":"IN","stage":"prod","connectedAt":1795262400000,"requestTimeEpoch":1795262400123,"identity":{"sourceIp":"203.0.113.7"},"requestId":"r","domainName":"api","connectionId":"Gx1aBdYsDoECJvw=","apiId":"api"},"isBase64Encoded":false}"#;

/// A page of the room, with one member.
const PAGE: &str = r#"{"Items":[{"pk":{"S":"CONNECTION#other"},"sk":{"S":"CONNECTION"},"u":{"S":"bo"},"env":{"S":"ENV"}}],"Count":1}"#;

/// A step of a function, which the simulated services see.
#[derive(PartialEq)]
enum Step {
    NextRequested,
    Saved,
    Posted,
    Replied(String),
}

/// The measurements of one start.
struct Start {
    until_next: Duration,
    until_reply: Duration,
    resident_kb: f64,
}

fn main() {
    let mut args = env::args().skip(1);
    let starts: usize = args.next().and_then(|text| text.parse().ok()).expect("how many starts");
    let programs: Vec<String> = args.collect();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    let (sender, steps) = channel();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let sender = sender.clone();
            thread::spawn(move || serve(stream, &sender));
        }
    });
    let mut all: HashMap<&str, Vec<Start>> = HashMap::new();
    for round in 0..=starts {
        for program in &programs {
            let start = start(program, &address, &steps);
            // The first round reads the programs from the disk.
            if round > 0 {
                all.entry(program).or_default().push(start);
            }
        }
    }
    for program in &programs {
        let starts = &all[&**program];
        let name = Path::new(program).file_name().unwrap_or_default().to_string_lossy();
        let size = fs::metadata(program).map_or(0, |file| file.len()) as f64 / 1e6;
        println!("{name}: {size:.2} MB");
        println!(
            "  to the first `next`  {}",
            spread(starts, |start| start.until_next.as_secs_f64() * 1e3, "ms")
        );
        println!(
            "  to the first reply   {}",
            spread(starts, |start| start.until_reply.as_secs_f64() * 1e3, "ms")
        );
        println!(
            "  resident             {}",
            spread(starts, |start| start.resident_kb / 1e3, "MB")
        );
    }
}

fn start(program: &str, address: &str, steps: &Receiver<Step>) -> Start {
    let begin = Instant::now();
    let mut process = spawn(program, address);
    let mut until_next = None;
    let (mut saved, mut posted) = (false, false);
    loop {
        match steps.recv_timeout(Duration::from_secs(10)).expect("a step within 10 seconds") {
            // After its reply, a function requests the next event.
            Step::NextRequested => _ = until_next.get_or_insert_with(|| begin.elapsed()),
            Step::Saved => saved = true,
            Step::Posted => posted = true,
            Step::Replied(reply) => {
                let until_reply = begin.elapsed();
                let is_minimal = program.ends_with("minimal");
                assert!(reply.contains("200") && (is_minimal || saved && posted), "{reply}");
                let resident_kb = resident_kb(&process);
                process.kill().expect("killed");
                process.wait().expect("ended");
                thread::sleep(Duration::from_millis(5));
                while steps.try_recv().is_ok() {}
                let until_next = until_next.expect("a request for the event");
                return Start { until_next, until_reply, resident_kb };
            }
        }
    }
}

fn spawn(program: &str, address: &str) -> Child {
    let url = format!("http://{address}");
    Command::new(program)
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", address)
        .env("AWS_LAMBDA_FUNCTION_NAME", "f")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", "g")
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "s")
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_ACCESS_KEY_ID", "id")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_SESSION_TOKEN", "token")
        .env("AWS_ENDPOINT_URL_DYNAMODB", &url)
        .env("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI", format!("{url}/prod"))
        .env("LIFT_TABLE", "chat")
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("started")
}

/// Serves the requests of one connection for all simulated services.
fn serve(stream: TcpStream, sender: &Sender<Step>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut writer = stream;
    let mut next_requested = false;
    loop {
        let (head, body) = request(&mut reader)?;
        let lower = head.to_lowercase();
        let response = if lower.starts_with("get ") {
            sender.send(Step::NextRequested).ok()?;
            if std::mem::replace(&mut next_requested, true) {
                // There is no second event.
                thread::park();
            }
            let deadline = SystemTime::now() + Duration::from_secs(30);
            let deadline = deadline.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
            let headers = format!(
                "lambda-runtime-aws-request-id: 1\r\nlambda-runtime-deadline-ms: {deadline}\r\n\
                 lambda-runtime-invoked-function-arn: arn\r\n"
            );
            http_response(200, &headers, EVENT)
        } else if lower.contains("/invocation/") {
            sender.send(Step::Replied(body)).ok()?;
            http_response(202, "", "")
        } else if lower.contains("@connections") {
            sender.send(Step::Posted).ok()?;
            http_response(200, "", "")
        } else if lower.contains(".query") {
            let meta = META.lock().expect("no panic").clone().unwrap_or_default();
            let env = meta.split("env#").nth(1).and_then(|rest| rest.split('"').next());
            let page = PAGE.replace("ENV", env.unwrap_or_default());
            http_response(200, "content-type: application/x-amz-json-1.0\r\n", &page)
        } else if lower.contains(".getitem") {
            let item = match &*META.lock().expect("no panic") {
                Some(attributes) => format!(r#"{{"Item":{attributes}}}"#),
                None => "{}".to_owned(),
            };
            http_response(200, "content-type: application/x-amz-json-1.0\r\n", &item)
        } else if lower.contains(".updateitem") {
            let known = meta(&body, &writer);
            let attributes = format!(r#"{{"Attributes":{known}}}"#);
            *META.lock().expect("no panic") = Some(known);
            http_response(200, "content-type: application/x-amz-json-1.0\r\n", &attributes)
        } else if lower.contains(".scan") {
            http_response(200, "content-type: application/x-amz-json-1.0\r\n", r#"{"Items":[]}"#)
        } else {
            sender.send(Step::Saved).ok()?;
            http_response(200, "content-type: application/x-amz-json-1.0\r\n", "{}")
        };
        writer.write_all(response.as_bytes()).ok()?;
    }
}

/// META, the row that all processes share, with the shard count and the endpoint. The first start creates it.
static META: Mutex<Option<String>> = Mutex::new(None);

fn meta(update: &str, stream: &TcpStream) -> String {
    let shards = r#""pk":{"S":"META"},"sk":{"S":"META"},"shards":{"N":"4"}"#;
    let address = stream.local_addr().expect("an address");
    let name = update.find("\"env#").and_then(|at| update[at + 1..].split('"').next());
    match name {
        Some(name) => format!(r#"{{{shards},"{name}":{{"S":"http://{address}/prod"}}}}"#),
        None => format!("{{{shards}}}"),
    }
}

/// Reads a request: its request line and headers, and its body.
fn request(reader: &mut BufReader<TcpStream>) -> Option<(String, String)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some((head, String::from_utf8_lossy(&body).into_owned()))
}

fn http_response(status: u16, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status} -\r\n{headers}content-length: {length}\r\n\r\n{body}")
}

fn resident_kb(process: &Child) -> f64 {
    let status = fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

/// The median and the quartiles.
fn spread(starts: &[Start], of: impl Fn(&Start) -> f64, unit: &str) -> String {
    let mut values: Vec<f64> = starts.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    let [low, median, high] = [1, 2, 3].map(|quarter| values[values.len() * quarter / 4]);
    format!("{median:.2} {unit} ({low:.2} to {high:.2})")
}
