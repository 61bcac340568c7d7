//! What web pages of other origins, and pages under a name that was made to resolve to this machine,
//! can send to the ports of a real `lift dev`: every port refuses it, and nothing changes. The WebSocket
//! and the app's page stay open, as on API Gateway.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    thread,
};

use crate::{
    command::{Lift, TIMEOUT},
    scenario::value,
};

/// What a browser adds for a page of another origin, and the host of a rebound page.
const PAGES: [&[(&str, &str)]; 6] = [
    &[("Origin", "http://127.0.0.1:5173"), ("Sec-Fetch-Site", "same-site")],
    &[("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site")],
    &[("Origin", "null")],
    &[("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors")],
    &[("Host", "evil.example")],
    &[("Host", "evil.example:4401"), ("Origin", "http://evil.example:4401")],
];

/// The headers that the local DynamoDB wants of a signed request. It checks no signature.
const SIGNED: [(&str, &str); 3] = [
    (
        "Authorization",
        "AWS4-HMAC-SHA256 Credential=a/20261129/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
    ),
    ("X-Amz-Date", "20261129T000000Z"),
    ("Content-Type", "application/x-amz-json-1.0"),
];

/// A request on a connection of its own. The last of two headers with one name counts.
#[derive(Clone)]
struct Request {
    address: String,
    method: &'static str,
    path: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Request {
    fn new(address: &str, method: &'static str, path: &str) -> Self {
        let headers = vec![("Host".to_owned(), address.to_owned())];
        let (address, path) = (address.to_owned(), path.to_owned());
        Self { address, method, path, headers, body: String::new() }
    }

    fn with(mut self, headers: &[(&str, &str)]) -> Self {
        for (name, value) in headers {
            self.headers.retain(|(known, _)| known != name);
            self.headers.push((name.to_string(), value.to_string()));
        }
        self
    }

    fn with_body(mut self, body: &str) -> Self {
        self.body = body.to_owned();
        self
    }

    /// Sends it, and returns the response's head and body.
    fn send(&self) -> String {
        let Self { address, method, path, headers, body } = self;
        let mut stream = TcpStream::connect(address).expect("the port is open");
        stream.set_read_timeout(Some(TIMEOUT)).expect("set");
        write!(stream, "{method} {path} HTTP/1.1\r\n").expect("sent");
        for (name, value) in headers {
            write!(stream, "{name}: {value}\r\n").expect("sent");
        }
        write!(stream, "Connection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len())
            .expect("sent");
        let mut response = Vec::new();
        stream.read_to_end(&mut response).expect("a response");
        String::from_utf8_lossy(&response).into_owned()
    }

    /// Sends it as each page would, and checks that it is refused.
    fn is_refused_to_pages(&self) {
        for page in PAGES {
            let response = self.clone().with(page).send();
            assert!(response.starts_with("HTTP/1.1 403 "), "{} {page:?}: {response}", self.path);
            assert!(!response.to_lowercase().contains("access-control"), "{response}");
        }
    }
}

fn dynamodb(address: &str, operation: &str, body: &str) -> Request {
    let target = format!("DynamoDB_20120810.{operation}");
    let request = Request::new(address, "POST", "/").with(&SIGNED).with_body(body);
    request.with(&[("X-Amz-Target", &target)])
}

/// Opens a WebSocket with these headers, and returns the socket and the status line.
fn handshake(address: &str, headers: &[(&str, &str)]) -> (TcpStream, String) {
    let stream = TcpStream::connect(address).expect("the port is open");
    stream.set_read_timeout(Some(TIMEOUT)).expect("set");
    let mut stream = stream;
    let mut all = vec![("Host", address)];
    for header in headers {
        all.retain(|(name, _)| *name != header.0);
        all.push(*header);
    }
    write!(stream, "GET /local?token=secret HTTP/1.1\r\n").expect("sent");
    for (name, value) in all {
        write!(stream, "{name}: {value}\r\n").expect("sent");
    }
    write!(
        stream,
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    .expect("sent");
    let mut head = [0; 12];
    stream.read_exact(&mut head).expect("a response");
    (stream, String::from_utf8_lossy(&head).into_owned())
}

fn attach_address(block: &str) -> String {
    value(block, "Attach").trim_start_matches("AWS_LAMBDA_RUNTIME_API=").to_owned()
}

fn address_of(block: &str, name: &str) -> String {
    let url = value(block, name).trim_start_matches("http://").trim_start_matches("ws://");
    url.split('/').next().unwrap_or_default().to_owned()
}

#[test]
fn pages_of_other_origins_reach_no_port() {
    let routes = ["--attach=127.0.0.1:0", "--route", "$connect", "--two-way", "$default"];
    let lift = Lift::dev_of(&routes);
    let block = lift.ready();
    let gateway = address_of(&block, "WebSocket");

    // DynamoDB: a page neither reads nor changes a table, and gets no answer to a preflight.
    let database = address_of(&block, "DynamoDB");
    let table = r#"{"TableName":"kept","BillingMode":"PAY_PER_REQUEST",
        "KeySchema":[{"AttributeName":"k","KeyType":"HASH"}],
        "AttributeDefinitions":[{"AttributeName":"k","AttributeType":"S"}]}"#;
    let created = dynamodb(&database, "CreateTable", table).send();
    assert!(created.starts_with("HTTP/1.1 200 "), "{created}");
    dynamodb(&database, "DeleteTable", r#"{"TableName":"kept"}"#).is_refused_to_pages();
    dynamodb(&database, "ListTables", "{}").is_refused_to_pages();
    let preflight =
        Request::new(&database, "OPTIONS", "/").with(&[("Access-Control-Request-Method", "POST")]);
    preflight.is_refused_to_pages();
    assert!(preflight.send().starts_with("HTTP/1.1 403 "), "no program sends it");
    let listed = dynamodb(&database, "ListTables", "{}").send();
    assert!(listed.contains("kept"), "{listed}");

    // The Runtime API: a page neither takes an event nor answers it.
    let runtime = attach_address(&block);
    let next = Request::new(&runtime, "GET", "/2018-06-01/runtime/invocation/next");
    next.is_refused_to_pages();
    Request::new(&runtime, "POST", "/2018-06-01/runtime/init/error").is_refused_to_pages();
    // The WebSocket itself is open to every origin and host.
    let client = thread::spawn({
        let gateway = gateway.clone();
        move || {
            let headers = [("Host", "evil.example"), ("Origin", "https://evil.example")];
            handshake(&gateway, &headers)
        }
    });
    let event = next.send();
    assert!(event.starts_with("HTTP/1.1 200 ") && event.contains("secret"), "{event}");
    let id = event.lines().find_map(|line| line.strip_prefix("lambda-runtime-aws-request-id: "));
    let answer = format!("/2018-06-01/runtime/invocation/{}/response", id.expect("an id").trim());
    let answer = Request::new(&runtime, "POST", &answer).with_body(r#"{"statusCode":200}"#);
    answer.is_refused_to_pages();
    assert!(answer.send().starts_with("HTTP/1.1 202 "));
    let (_socket, status) = client.join().expect("it connected");
    assert_eq!(status, "HTTP/1.1 101");

    // `@connections`: a page that knows an id cannot use it.
    let connection = event.split(r#""connectionId":""#).nth(1).expect("an id");
    let connection = connection.split('"').next().expect("an id");
    let path = format!("/local/@connections/{connection}");
    for method in ["POST", "GET", "DELETE"] {
        Request::new(&gateway, method, &path).with_body("x").is_refused_to_pages();
    }
    let open = Request::new(&gateway, "GET", &path).send();
    assert!(open.starts_with("HTTP/1.1 200 "), "{open}");
    let own = [("Origin", &*format!("http://{gateway}")), ("Sec-Fetch-Site", "same-origin")];
    let own = Request::new(&gateway, "GET", &path).with(&own).send();
    assert!(own.starts_with("HTTP/1.1 200 "), "the app's own page: {own}");

    // The inspector.
    for path in ["/_lift/connections", "/_lift/feed", "/_lift/page/main.js"] {
        Request::new(&gateway, "GET", path).is_refused_to_pages();
    }
    let send = format!("/_lift/connections/{connection}/disconnect");
    let send = Request::new(&gateway, "POST", &send).with(&[("Content-Type", "application/json")]);
    send.with_body("{}").is_refused_to_pages();
    // The app's page and the description of the gateway are open.
    for path in ["/", "/lift.json"] {
        let open = Request::new(&gateway, "GET", path).with(PAGES[4]).send();
        assert!(!open.starts_with("HTTP/1.1 403 "), "{open}");
    }
}

#[test]
fn no_path_leads_to_a_file_of_this_machine() {
    let lift = Lift::dev_of(&["--attach=127.0.0.1:0", "--two-way", "$default"]);
    let gateway = address_of(&lift.ready(), "WebSocket");
    let ways =
        ["../", "..%2f", "%2e%2e/", "%2e%2e%2f", "..%5c", "....//", "..;/", "%252e%252e%252f"];
    for folder in ["/", "/_lift/page/", "/local/"] {
        for way in ways {
            let path = format!("{folder}{}etc/passwd", way.repeat(8));
            let response = Request::new(&gateway, "GET", &path).send();
            let status = response.split(' ').nth(1);
            assert!(matches!(status, Some("400" | "403" | "404")), "{path}: {response}");
            assert!(!response.contains("root:"), "{path}: {response}");
        }
        let absolute = Request::new(&gateway, "GET", &format!("{folder}/etc/passwd")).send();
        assert!(!absolute.contains("root:"), "{absolute}");
    }
}

#[test]
fn a_host_can_be_allowed() {
    let args = ["--attach=127.0.0.1:0", "--two-way", "$default", "--allow-host", "Box.local"];
    let lift = Lift::dev_of(&args);
    let block = lift.ready();
    let host = [("Host", "box.local:1")];
    let database = address_of(&block, "DynamoDB");
    let listed = dynamodb(&database, "ListTables", "{}").with(&host).send();
    assert!(listed.starts_with("HTTP/1.1 200 "), "{listed}");
    let runtime = Request::new(&attach_address(&block), "POST", "/2018-06-01/runtime/init/error");
    assert!(runtime.with(&host).send().starts_with("HTTP/1.1 202 "));
    let gateway = address_of(&block, "WebSocket");
    let post = Request::new(&gateway, "POST", "/local/@connections/R1kmxc2VNjMCFIA=").with(&host);
    assert!(post.send().starts_with("HTTP/1.1 410 "));
    let inspector = Request::new(&gateway, "GET", "/_lift").with(&host).send();
    assert!(inspector.starts_with("HTTP/1.1 403 "), "{inspector}");
}

#[test]
fn the_inspector_of_a_public_gateway_needs_the_token() {
    let args = ["--attach=127.0.0.1:0", "--two-way", "$default", "--public"];
    let lift = Lift::dev_of(&args);
    let block = lift.ready();
    let gateway = address_of(&block, "WebSocket");
    let token = value(&block, "Token").to_owned();
    assert!(value(&block, "Inspector").ends_with(&format!("/_lift?key={token}")), "{block}");
    let get = |path: &str, headers: &[(&str, &str)]| {
        Request::new(&gateway, "GET", path).with(headers).send()
    };
    for path in ["/_lift", "/_lift/connections", "/_lift/page/main.js", "/_lift?key=wrong"] {
        // What a raw tunnel forwards: no header of a proxy, and a host of the attacker's choice.
        let denied = get(path, &[("Host", "localhost")]);
        assert!(denied.starts_with("HTTP/1.1 401 ") && denied.contains("?key=TOKEN"), "{denied}");
    }
    let bearer = format!("Bearer {token}");
    assert!(get("/_lift/connections", &[("Authorization", &bearer)]).starts_with("HTTP/1.1 200 "));
    assert!(get(&format!("/_lift/connections?key={token}"), &[]).starts_with("HTTP/1.1 200 "));

    let entered = get(&format!("/_lift?key={token}"), &[]);
    assert!(entered.starts_with("HTTP/1.1 303 "), "{entered}");
    let cookie = entered.lines().find_map(|line| line.strip_prefix("set-cookie: "));
    let (cookie, rules) = cookie.expect("a cookie").split_once(';').expect("rules");
    assert_eq!(rules.trim(), "Path=/_lift; HttpOnly; SameSite=Strict");
    assert!(!cookie.contains(&token), "other ports of this host get the cookie, too");
    assert!(get("/_lift", &[("Cookie", cookie)]).starts_with("HTTP/1.1 200 "));
    let wrong = format!("{}=0", cookie.split('=').next().expect("a name"));
    assert!(get("/_lift", &[("Cookie", &wrong)]).starts_with("HTTP/1.1 401 "));
    let rebound = get("/_lift", &[("Cookie", cookie), ("Host", "evil.example")]);
    assert!(rebound.starts_with("HTTP/1.1 403 "), "{rebound}");
}
