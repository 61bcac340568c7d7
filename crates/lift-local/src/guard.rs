//! The guard, an access check: which requests an API on this machine accepts.

use std::net::SocketAddr;

use http::{HeaderMap, HeaderName, Method, Request, header, uri::Authority};

use crate::{
    Refusal,
    host::{HostNames, Hosts, host_of},
};

/// Headers that proxies and tunnels add. They forward requests of other machines.
const FORWARDED: [&str; 4] = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip"];

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// The access check of one API. None accepts a page of another origin, or a page under a name that was
/// made to resolve to this machine.
#[derive(Clone, Debug)]
pub struct Guard {
    callers: Callers,
    hosts: Hosts,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Callers {
    Programs,
    ProgramsAndOwnPages,
    OwnPagesOfThisMachine,
}

/// A request that passed a [`Guard`].
#[derive(Debug)]
pub struct Admitted<B> {
    /// The request.
    request: Request<B>,
    peer: SocketAddr,
}

impl Guard {
    /// For an API that no browser calls, such as DynamoDB or the Lambda Runtime API: every request that
    /// a browser may have sent is refused. `names` are hosts to allow beside addresses and localhost.
    #[must_use]
    pub fn programs(names: HostNames) -> Self {
        Self { callers: Callers::Programs, hosts: Hosts::Known(names) }
    }

    /// For an API that programs call, and pages of the same address. `names` are as for
    /// [`programs`](Self::programs).
    #[must_use]
    pub fn own_pages(names: HostNames) -> Self {
        Self { callers: Callers::ProgramsAndOwnPages, hosts: Hosts::Known(names) }
    }

    /// As [`own_pages`](Self::own_pages), under every host: for an API that authenticates its callers.
    #[must_use]
    pub fn authenticated() -> Self {
        Self { callers: Callers::ProgramsAndOwnPages, hosts: Hosts::Any }
    }

    /// For the pages of a tool, and their API: browsers and scripts of this machine, under a name of this
    /// machine. A link of another site may lead to a page. Requests that change something must be JSON,
    /// which a form cannot send.
    #[must_use]
    pub fn tool_pages() -> Self {
        Self { callers: Callers::OwnPagesOfThisMachine, hosts: Hosts::Loopback }
    }

    /// Allows or refuses a request of the client at `peer`.
    ///
    /// # Errors
    /// The reason to refuse it.
    pub fn check<B>(&self, peer: SocketAddr, request: Request<B>) -> Result<Admitted<B>, Refusal> {
        match self.refuse(peer, &request) {
            None => Ok(Admitted { request, peer }),
            Some(refusal) => {
                tracing::debug!(?peer, ?refusal, "a request was refused");
                Err(refusal)
            }
        }
    }

    fn refuse<B>(&self, peer: SocketAddr, request: &Request<B>) -> Option<Refusal> {
        let headers = request.headers();
        let is_tool = self.callers == Callers::OwnPagesOfThisMachine;
        if is_tool && !is_of_this_machine(peer, headers) {
            return Some(Refusal::OtherMachine);
        }
        let host = host_of(request).filter(|host| self.hosts.allow(host));
        let Some(host) = host else { return Some(Refusal::Host) };
        if self.callers == Callers::Programs {
            let browser = is_of_browser(headers) || *request.method() == Method::OPTIONS;
            return browser.then_some(Refusal::Browser);
        }
        let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
        let is_navigation =
            is_tool && is_read && headers.get(FETCH_MODE).is_some_and(|m| m == "navigate");
        if !is_own_origin(headers, &host) || !(is_own_site(headers) || is_navigation) {
            return Some(Refusal::OtherOrigin);
        }
        let is_json = headers.get(header::CONTENT_TYPE).is_some_and(|t| t == "application/json");
        (is_tool && !is_read && !is_json).then_some(Refusal::NotJson)
    }
}

/// Whether each `Origin`, if there is any, is the origin that the request goes to. The gateway's port serves
/// `http` and `https`, and a tunnel may add TLS.
fn is_own_origin(headers: &HeaderMap, host: &Authority) -> bool {
    let (http, https) = (format!("http://{host}"), format!("https://{host}"));
    headers.get_all(header::ORIGIN).iter().all(|origin| *origin == *http || *origin == *https)
}

impl<B> Admitted<B> {
    /// The request.
    #[must_use]
    pub fn into_request(self) -> Request<B> {
        self.request
    }

    /// The address of the client.
    #[must_use]
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Replaces the body.
    #[must_use]
    pub fn map<C>(self, map: impl FnOnce(B) -> C) -> Admitted<C> {
        Admitted { request: self.request.map(map), peer: self.peer }
    }
}

fn is_of_this_machine(peer: SocketAddr, headers: &HeaderMap) -> bool {
    peer.ip().to_canonical().is_loopback()
        && !FORWARDED.iter().any(|name| headers.contains_key(*name))
}

/// Whether a browser may have sent these headers. Each current browser adds `Sec-Fetch-Site` to requests to
/// loopback. Older ones name themselves, and a page cannot change that without a preflight. `fetch` of
/// Node sends `Sec-Fetch-Mode`, so that header alone means nothing.
fn is_of_browser(headers: &HeaderMap) -> bool {
    let names_itself = headers
        .get(header::USER_AGENT)
        .is_some_and(|agent| agent.as_bytes().starts_with(b"Mozilla/"));
    names_itself
        || [header::ORIGIN, header::REFERER, FETCH_SITE]
            .iter()
            .any(|name| headers.contains_key(name))
}

fn is_own_site(headers: &HeaderMap) -> bool {
    headers.get_all(FETCH_SITE).iter().all(|site| site == "same-origin" || site == "none")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(
        guard: &Guard,
        peer: &str,
        method: &str,
        headers: &[(&str, &str)],
    ) -> Result<(), Refusal> {
        let mut request = Request::builder().method(method).uri("/x");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let peer = SocketAddr::new(peer.parse().expect("an address"), 5);
        guard.check(peer, request.body(()).expect("a request")).map(drop)
    }

    const LOCAL: (&str, &str) = ("host", "localhost:3001");

    /// Each guard, with the requests of pages that no guard allows.
    fn guards() -> [Guard; 4] {
        let names = HostNames::default;
        [
            Guard::programs(names()),
            Guard::own_pages(names()),
            Guard::authenticated(),
            Guard::tool_pages(),
        ]
    }

    #[test]
    fn no_guard_admits_a_page_of_another_origin() {
        let json = ("content-type", "application/json");
        for guard in guards() {
            assert_eq!(check(&guard, "127.0.0.1", "POST", &[LOCAL, json]), Ok(()), "{guard:?}");
            for origin in ["http://localhost:8080", "http://evil.example", "null", "file://"] {
                let post = check(&guard, "127.0.0.1", "POST", &[LOCAL, json, ("origin", origin)]);
                assert!(post.is_err(), "{guard:?} {origin}");
                let get = check(&guard, "127.0.0.1", "GET", &[LOCAL, ("origin", origin)]);
                assert!(get.is_err(), "{guard:?} {origin}");
            }
            for site in ["cross-site", "same-site"] {
                let site = ("sec-fetch-site", site);
                assert!(check(&guard, "127.0.0.1", "GET", &[LOCAL, site]).is_err(), "{guard:?}");
                let post = check(&guard, "127.0.0.1", "POST", &[LOCAL, json, site]);
                assert!(post.is_err(), "{guard:?}");
                let twice = [LOCAL, ("sec-fetch-site", "same-origin"), site];
                assert!(check(&guard, "127.0.0.1", "GET", &twice).is_err(), "{guard:?}");
            }
        }
    }

    #[test]
    fn a_rebound_name_is_refused_unless_callers_authenticate() {
        for guard in guards() {
            let allows_all = matches!(guard.hosts, Hosts::Any);
            for host in [
                "evil.example",
                "localhost.evil.example",
                "127.0.0.1.evil.example:3001",
                "notlocalhost",
                "host.docker.internal.evil.example",
            ] {
                let get = check(&guard, "127.0.0.1", "GET", &[("host", host)]);
                assert_eq!(get.is_ok(), allows_all, "{guard:?} {host}");
            }
            for host in ["evil@localhost", "", "localhost/x"] {
                let get = check(&guard, "127.0.0.1", "GET", &[("host", host)]);
                assert_eq!(get, Err(Refusal::Host), "{guard:?} {host}");
            }
            assert_eq!(check(&guard, "127.0.0.1", "GET", &[]), Err(Refusal::Host));
            let twice = [LOCAL, ("host", "evil.example")];
            assert_eq!(check(&guard, "127.0.0.1", "GET", &twice), Err(Refusal::Host));
            for host in ["localhost:3001", "LOCALHOST", "127.0.0.1:3001", "[::1]:1", "a.localhost"]
            {
                assert_eq!(check(&guard, "127.0.0.1", "GET", &[("host", host)]), Ok(()), "{host}");
            }
        }
        let other = Request::get("http://evil.example/x").header("host", "localhost");
        let peer = SocketAddr::from(([127, 0, 0, 1], 5));
        let refused = Guard::tool_pages().check(peer, other.body(()).expect("a request"));
        assert_eq!(refused.map(drop), Err(Refusal::Host));
    }

    #[test]
    fn addresses_container_names_and_added_names_reach_an_api() {
        let names = HostNames::default().with("Lambda.Local");
        for host in ["192.168.1.5:9001", "0.0.0.0:1", "host.docker.internal:1", "lambda.local:7"] {
            for guard in [Guard::programs(names.clone()), Guard::own_pages(names.clone())] {
                assert_eq!(check(&guard, "172.17.0.2", "GET", &[("host", host)]), Ok(()), "{host}");
            }
            let tool = check(&Guard::tool_pages(), "127.0.0.1", "GET", &[("host", host)]);
            assert_eq!(tool, Err(Refusal::Host), "{host}");
        }
        let unknown = check(&Guard::programs(names), "127.0.0.1", "GET", &[("host", "x.local")]);
        assert_eq!(unknown, Err(Refusal::Host));
    }

    #[test]
    fn an_api_for_programs_takes_nothing_of_a_browser() {
        let guard = Guard::programs(HostNames::default());
        let get = |header| check(&guard, "127.0.0.1", "GET", &[LOCAL, header]);
        for header in [
            ("origin", "http://localhost:3001"),
            ("referer", "http://localhost:3001/"),
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-site", "none"),
            ("user-agent", "Mozilla/5.0 (X11; Linux x86_64)"),
        ] {
            assert_eq!(get(header), Err(Refusal::Browser), "{header:?}");
        }
        assert_eq!(check(&guard, "127.0.0.1", "OPTIONS", &[LOCAL]), Err(Refusal::Browser));
        for header in [("user-agent", "aws-sdk-rust/1.3"), ("sec-fetch-mode", "cors")] {
            assert_eq!(get(header), Ok(()), "{header:?}");
        }
    }

    #[test]
    fn own_pages_may_call() {
        for guard in [Guard::own_pages(HostNames::default()), Guard::authenticated()] {
            let own =
                [LOCAL, ("origin", "http://localhost:3001"), ("sec-fetch-site", "same-origin")];
            assert_eq!(check(&guard, "127.0.0.1", "POST", &own), Ok(()));
        }
        let tunnel = [("host", "a.example"), ("origin", "https://a.example")];
        assert_eq!(check(&Guard::authenticated(), "127.0.0.1", "POST", &tunnel), Ok(()));
    }

    #[test]
    fn a_tool_is_for_this_machine_and_json() {
        let guard = Guard::tool_pages();
        for (peer, is_ok) in [
            ("::1", true),
            ("::ffff:127.0.0.1", true),
            ("192.168.1.5", false),
            ("::ffff:1.2.3.4", false),
        ] {
            assert_eq!(check(&guard, peer, "GET", &[LOCAL]).is_ok(), is_ok, "{peer}");
        }
        for name in FORWARDED {
            let forwarded = check(&guard, "127.0.0.1", "GET", &[LOCAL, (name, "1.2.3.4")]);
            assert_eq!(forwarded, Err(Refusal::OtherMachine), "{name}");
        }
        for headers in [&[LOCAL][..], &[LOCAL, ("content-type", "text/plain")]] {
            assert_eq!(check(&guard, "127.0.0.1", "POST", headers), Err(Refusal::NotJson));
        }
        let https = [LOCAL, ("origin", "https://localhost:3001")];
        assert_eq!(check(&guard, "127.0.0.1", "GET", &https), Ok(()), "the port may serve TLS");
        let other = [LOCAL, ("origin", "https://localhost:3002")];
        assert_eq!(check(&guard, "127.0.0.1", "GET", &other), Err(Refusal::OtherOrigin));
        let link = [LOCAL, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
        assert_eq!(check(&guard, "127.0.0.1", "GET", &link), Ok(()), "a link may lead here");
        let json = ("content-type", "application/json");
        let post = check(&guard, "127.0.0.1", "POST", &[&link[..], &[json]].concat());
        assert_eq!(post, Err(Refusal::OtherOrigin));
    }
}
