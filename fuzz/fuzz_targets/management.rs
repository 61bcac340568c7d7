//! Any path below `@connections`, with any body: one response, with a documented status. The first byte
//! is the method, the path ends at the first line feed, and `ID` in it is replaced by the id of an open connection.

#![no_main]

use std::sync::Mutex;

use libfuzzer_sys::fuzz_target;

#[path = "../test_gateway.rs"]
mod test_gateway;

const METHODS: [&str; 5] = ["POST", "GET", "DELETE", "PUT", "HEAD"];

static OPEN: Mutex<Option<String>> = Mutex::new(None);

fuzz_target!(|data: &[u8]| {
    let [method, data @ ..] = data else { return };
    let method = METHODS[usize::from(*method) % METHODS.len()];
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (path, body) = (&data[..end], data.get(end + 1..).unwrap_or_default());
    let mut open = OPEN.lock().expect("no panic");
    let id = open.get_or_insert_with(|| test_gateway::GATEWAY.open());
    let named = path.windows(2).position(|two| two == b"ID");
    let path = match named {
        Some(at) => [&path[..at], id.as_bytes(), &path[at + 2..]].concat(),
        None => path.to_vec(),
    };
    let line = format!("{method} /prod/@connections/");
    let rest = format!(
        " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let response = test_gateway::GATEWAY.exchange(&[line.as_bytes(), &path, rest.as_bytes(), body]);
    let statuses = test_gateway::check(&response);
    let [status] = statuses[..] else {
        // The HTTP library may treat a client that half-closed as disconnected.
        assert!(statuses.is_empty(), "{statuses:?}");
        return;
    };
    assert!(
        matches!(status, 200 | 204 | 400 | 403 | 404 | 405 | 410 | 413 | 414 | 429 | 431),
        "{status}"
    );
    if status == 204 {
        *open = None;
    }
});
