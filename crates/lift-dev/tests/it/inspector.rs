//! The inspector of a real `lift dev`: its address, and the requests that it accepts.

use std::{
    ffi::OsStr,
    io::{Read as _, Write as _},
    net::TcpStream,
};

use crate::{
    app::test_function,
    command::{Lift, TIMEOUT},
    scenario::value,
};

/// Returns the whole response to a GET with this `Host`.
fn get(address: &str, path: &str, host: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("the gateway listens");
    stream.set_read_timeout(Some(TIMEOUT)).expect("set");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
        .expect("sent");
    let mut response = String::new();
    stream.read_to_string(&mut response).expect("a response");
    response
}

#[test]
fn the_inspector_has_the_printed_address_and_accepts_only_local_hosts() {
    let lift = Lift::dev(&test_function(), &[("TEST_FUNCTION", OsStr::new(""))]);
    let block = lift.ready();
    let url = value(&block, "Inspector").strip_prefix("http://").expect("a URL");
    let address = url.strip_suffix("/_lift").expect("its path");
    let page = get(address, "/_lift", address);
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
    assert!(page.contains("content-security-policy: default-src 'none'"), "{page}");
    assert!(page.contains("<title>Lift inspector</title>"), "{page}");
    let list = get(address, "/_lift/connections", "localhost");
    assert!(list.ends_with(r#"{"connections":[],"unread":0}"#), "{list}");
    for path in ["/_lift", "/_lift/connections", "/_lift/feed", "/_lift/page/main.js"] {
        let refused = get(address, path, "evil.example");
        assert!(refused.starts_with("HTTP/1.1 403 "), "{path}: {refused}");
    }
    assert!(get(address, "/_lift/nothing", address).starts_with("HTTP/1.1 404 "));
}

#[test]
fn no_inspector_disables_it() {
    let lift =
        Lift::dev_with(&test_function(), &["--no-inspector"], &[("TEST_FUNCTION", OsStr::new(""))]);
    let block = lift.ready();
    assert!(!block.contains("Inspector"), "{block}");
    let gateway = value(&block, "Management").strip_prefix("http://").expect("a URL");
    let (address, _) = gateway.split_once('/').expect("a path");
    assert!(get(address, "/_lift", address).starts_with("HTTP/1.1 404 "));
}
