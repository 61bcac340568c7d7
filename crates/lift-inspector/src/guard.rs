//! Checks that a request for the pages comes from a browser or a script of this machine, under a name of
//! this machine. Other machines (also with `--public`), tunnels and pages of other sites are refused.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use http::{HeaderMap, HeaderName, Method, Request, header, uri::Authority};

/// Headers that proxies and tunnels add. They forward requests of other machines.
const FORWARDED: [&str; 4] = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip"];

/// Allows a request. `Err` is the reason to refuse it.
pub(crate) fn check<B>(peer: SocketAddr, request: &Request<B>) -> Result<(), &'static str> {
    let headers = request.headers();
    if !peer.ip().to_canonical().is_loopback() {
        return Err("The inspector is for this machine alone.");
    }
    if FORWARDED.iter().any(|name| headers.contains_key(*name)) {
        return Err("The inspector is for this machine alone, and this request came by a proxy.");
    }
    let host = only(headers, &header::HOST).and_then(|host| host.parse::<Authority>().ok());
    let named = request.uri().authority().is_none_or(is_loopback);
    let Some(host) = host.filter(|host| is_loopback(host) && named) else {
        return Err("The inspector answers to localhost, 127.0.0.1 and [::1] alone.");
    };
    let changes = *request.method() != Method::GET && *request.method() != Method::HEAD;
    let site = headers.get("sec-fetch-site").map(|site| site.as_bytes());
    let is_visit = !changes && headers.get("sec-fetch-mode").is_some_and(|mode| mode == "navigate");
    let is_own = matches!(site, None | Some(b"same-origin" | b"none"));
    if !is_own && !is_visit {
        return Err("Other sites have nothing to do with the inspector.");
    }
    let origin = format!("http://{host}");
    if headers.get_all(header::ORIGIN).iter().any(|other| *other != *origin) {
        return Err("Other sites have nothing to do with the inspector.");
    }
    // A form cannot send JSON, and a script of another site needs a preflight for it.
    let json = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    if changes && !json {
        return Err("Send `Content-Type: application/json`.");
    }
    Ok(())
}

/// The value of a header that is there exactly once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// Whether a host always is this machine. Any other name can resolve to it (DNS rebinding).
fn is_loopback(host: &Authority) -> bool {
    if host.as_str().contains('@') {
        return false;
    }
    let name = host.host().to_ascii_lowercase();
    let v6 = || name.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok();
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
        || v6().is_some_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_allowed(peer: &str, method: &str, headers: &[(&str, &str)]) -> bool {
        let mut request = Request::builder().method(method).uri("/_lift");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let peer = SocketAddr::new(peer.parse().expect("an address"), 5);
        check(peer, &request.body(()).expect("a request")).is_ok()
    }

    #[test]
    fn hosts_and_peers() {
        let get = |peer, host| is_allowed(peer, "GET", &[("host", host)]);
        for host in ["localhost:3001", "LOCALHOST", "127.0.0.1:3001", "[::1]:1", "app.localhost"] {
            assert!(get("127.0.0.1", host), "{host}");
            assert!(get("::1", host) && get("::ffff:127.0.0.1", host), "{host}");
            assert!(!get("192.168.1.5", host) && !get("::ffff:192.168.1.5", host), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "evil@localhost",
            "0.0.0.0:3001",
            "192.168.1.5",
            "notlocalhost",
            "",
            "localhost/x",
        ] {
            assert!(!get("127.0.0.1", host), "{host}");
        }
        assert!(!is_allowed("127.0.0.1", "GET", &[]));
        assert!(!is_allowed(
            "127.0.0.1",
            "GET",
            &[("host", "localhost"), ("host", "evil.example")]
        ));
        let by_tunnel = [("host", "localhost"), ("x-forwarded-for", "1.2.3.4")];
        assert!(!is_allowed("127.0.0.1", "GET", &by_tunnel));
    }

    #[test]
    fn other_sites() {
        let json = ("content-type", "application/json");
        let local = ("host", "localhost:3001");
        let from = |method, more: &[(&str, &str)]| {
            is_allowed("127.0.0.1", method, &[&[local][..], more].concat())
        };
        assert!(from("POST", &[json]), "a script of this machine");
        assert!(!from("POST", &[]), "a form sends no JSON");
        assert!(!from("POST", &[("content-type", "text/plain")]));
        let own = ("sec-fetch-site", "same-origin");
        assert!(from("POST", &[json, own, ("origin", "http://localhost:3001")]));
        for origin in
            ["http://localhost:8080", "http://evil.example", "null", "https://localhost:3001"]
        {
            assert!(!from("POST", &[json, ("origin", origin)]), "{origin}");
            assert!(!from("GET", &[("origin", origin)]), "{origin}");
        }
        for site in ["cross-site", "same-site"] {
            let navigates = ("sec-fetch-mode", "navigate");
            assert!(!from("GET", &[("sec-fetch-site", site)]), "{site}");
            assert!(from("GET", &[("sec-fetch-site", site), navigates]), "a link may lead here");
            assert!(!from("POST", &[json, ("sec-fetch-site", site), navigates]), "{site}");
        }
    }
}
