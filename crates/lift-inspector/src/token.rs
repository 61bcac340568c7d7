//! The token that the inspector asks for when other machines can reach the gateway. A tunnel can make
//! their requests look like those of this machine, so the guard does not suffice then.
//!
//! A browser sends the token once, in the URL that `lift dev` prints, and gets a cookie for it. The
//! cookie has a value of its own: cookies are sent to every port of a host, and the token must not be.

use std::io;

use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header, uri::Authority};
use subtle::ConstantTimeEq as _;

/// The token, and the value of the cookie that stands for it until the program ends.
pub(crate) struct Token {
    token: String,
    cookie: String,
}

/// What a request may do.
pub(crate) enum Access {
    Granted,
    /// The browser gets the cookie, and asks again without the token in the URL.
    SignIn(HeaderValue),
    Denied,
}

impl Token {
    pub(crate) fn new(token: &str) -> io::Result<Self> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(io::Error::other)?;
        let cookie = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { token: token.to_owned(), cookie })
    }

    /// Looks for the token in `Authorization: Bearer`, in the query's `key`, and for the cookie.
    /// A browser gets the cookie at `page`.
    pub(crate) fn check<B>(&self, page: &str, request: &Request<B>) -> Access {
        let headers = request.headers();
        let name = cookie_name(headers);
        if bearer(headers).is_some_and(|token| is_same(token, &self.token))
            || cookies(headers).any(|(n, value)| n == name && is_same(value, &self.cookie))
        {
            return Access::Granted;
        }
        let query = request.uri().query().unwrap_or_default();
        let has_key = form_urlencoded::parse(query.as_bytes())
            .any(|(name, value)| name == "key" && is_same(&value, &self.token));
        if !has_key {
            return Access::Denied;
        }
        let is_page = *request.method() == Method::GET && request.uri().path() == page;
        let cookie = format!("{name}={}; Path={page}; HttpOnly; SameSite=Strict", self.cookie);
        match HeaderValue::from_str(&cookie) {
            Ok(cookie) if is_page => Access::SignIn(cookie),
            _ => Access::Granted,
        }
    }
}

/// Sends the browser to `page` without the token in its URL.
pub(crate) fn sign_in<B: Default>(page: &'static str, cookie: HeaderValue) -> Response<B> {
    let mut response = Response::new(B::default());
    *response.status_mut() = StatusCode::SEE_OTHER;
    response.headers_mut().insert(header::LOCATION, HeaderValue::from_static(page));
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    response
}

/// The cookie's name has the port, because a browser keeps one cookie of a name for all ports.
fn cookie_name(headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let port = host.and_then(|host| host.parse::<Authority>().ok()?.port_u16());
    format!("lift-inspector-{}", port.unwrap_or(80))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
}

/// Takes the same time for every text of the right length.
fn is_same(given: &str, expected: &str) -> bool {
    given.as_bytes().ct_eq(expected.as_bytes()).into()
}
