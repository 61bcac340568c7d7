//! The endpoints that posts may go to. Every request is signed, so it must not go to a host that an
//! attacker chose: by an event's domain name, or by a row that another program wrote.

use http::Uri;
use lift_ws::push::{Endpoint, PushError};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::variables;

/// The characters that are escaped in a path segment (RFC 3986).
pub(super) const SEGMENT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

#[derive(Clone, Debug)]
pub(super) struct Endpoints {
    region: String,
    /// The endpoint of all posts, named by environment or configuration. It may be any host.
    only: Option<Endpoint>,
    /// Origins that are allowed beside API Gateway in the region, such as `https://ws.example.com`.
    allowed: Vec<String>,
}

impl Endpoints {
    pub(super) fn new(region: &str) -> Self {
        let only = variables::value(variables::MANAGEMENT_ENDPOINT);
        let only = only.as_deref().map(trimmed);
        Self { region: region.to_owned(), only, allowed: Vec::new() }
    }

    /// Sends all posts to one endpoint, unless the environment names one.
    pub(super) fn set_only(&mut self, url: &str) {
        self.only.get_or_insert_with(|| trimmed(url));
    }

    /// Allows a host with `https`, or an origin such as `http://127.0.0.1:3001`.
    pub(super) fn allow(&mut self, host: &str) {
        let host = host.trim_end_matches('/').to_ascii_lowercase();
        self.allowed.push(if host.contains("://") { host } else { format!("https://{host}") });
    }

    pub(super) fn only(&self) -> Option<&Endpoint> {
        self.only.as_ref()
    }

    /// The management endpoint of an API's stage. Both names are escaped, so that no event can
    /// direct a signed request to another host.
    pub(super) fn of_api(&self, api: &str, stage: &str) -> Endpoint {
        let api = utf8_percent_encode(api, NON_ALPHANUMERIC);
        let stage = utf8_percent_encode(stage, SEGMENT);
        Endpoint::from(format!("https://{api}{}/{stage}", self.domain()))
    }

    /// The endpoint that a post to this endpoint goes to.
    ///
    /// # Errors
    /// When it may not go there.
    pub(super) fn resolve<'a>(&'a self, to: &'a Endpoint) -> Result<&'a Endpoint, PushError> {
        match &self.only {
            Some(only) => Ok(only),
            None if self.is_allowed(to.as_str()) => Ok(to),
            None => {
                let reason = format!(
                    "{:?} is not an endpoint of API Gateway in {}",
                    to.as_str(),
                    self.region
                );
                Err(PushError::not_allowed(to.clone(), reason))
            }
        }
    }

    fn is_allowed(&self, url: &str) -> bool {
        // A query or a fragment would precede the connection's id.
        if url.contains(['?', '#', '\\']) {
            return false;
        }
        let Ok(uri) = url.parse::<Uri>() else { return false };
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return false;
        };
        let authority = authority.as_str().to_ascii_lowercase();
        if self.allowed.contains(&format!("{scheme}://{authority}")) {
            return true;
        }
        let api = authority.strip_suffix(&self.domain()).unwrap_or_default();
        let label = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        scheme == "https" && !api.is_empty() && api.bytes().all(label)
    }

    /// The part of a host name after the API's id.
    fn domain(&self) -> String {
        let china = if self.region.starts_with("cn-") { ".cn" } else { "" };
        format!(".execute-api.{}.amazonaws.com{china}", self.region)
    }
}

fn trimmed(url: &str) -> Endpoint {
    Endpoint::from(url.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoints() -> Endpoints {
        Endpoints { region: "eu-west-1".to_owned(), only: None, allowed: Vec::new() }
    }

    #[test]
    fn only_api_gateway_of_the_region_is_allowed() {
        let endpoints = endpoints();
        for url in [
            "https://k3v9example.execute-api.eu-west-1.amazonaws.com/prod",
            "https://K3V9EXAMPLE.execute-api.eu-west-1.amazonaws.com/prod",
            "https://k3v9-vpce-0123.execute-api.eu-west-1.amazonaws.com/prod/deep",
        ] {
            assert!(endpoints.is_allowed(url), "{url}");
        }
        for url in [
            "",
            "prod",
            "https://",
            "https://.execute-api.eu-west-1.amazonaws.com/prod",
            "http://k3v9example.execute-api.eu-west-1.amazonaws.com/prod",
            "https://k3v9example.execute-api.us-east-1.amazonaws.com/prod",
            "https://k3v9example.execute-api.eu-west-1.amazonaws.com.cn/prod",
            "https://k3v9example.execute-api.eu-west-1.amazonaws.com:8443/prod",
            "https://k3v9example.execute-api.eu-west-1.amazonaws.com.evil.example/prod",
            "https://k3v9exampleexecute-api.eu-west-1.amazonaws.com/prod",
            "https://evil.example/k3v9example.execute-api.eu-west-1.amazonaws.com",
            "https://evil.example?k3v9example.execute-api.eu-west-1.amazonaws.com/prod",
            "https://evil.example#.execute-api.eu-west-1.amazonaws.com/prod",
            "https://evil.example\\.execute-api.eu-west-1.amazonaws.com/prod",
            "https://user@k3v9example.execute-api.eu-west-1.amazonaws.com/prod",
            "https://k3v9example.execute-api.eu-west-1.amazonaws.com@evil.example/prod",
            "https://k3v9example.execute-api.eu-west-1.amazonaws.com/prod?a=/",
            "https://a.b.execute-api.eu-west-1.amazonaws.com/prod",
            "https://a%2eb.execute-api.eu-west-1.amazonaws.com/prod",
            "https://k3v9\r\nexample.execute-api.eu-west-1.amazonaws.com/prod",
            "https://169.254.169.254/latest/meta-data",
            "https://[::1]/prod",
            "https://ws.example.com/prod",
            "http://127.0.0.1:3001/local",
        ] {
            assert!(!endpoints.is_allowed(url), "{url}");
        }
    }

    #[test]
    fn other_hosts_are_allowed_when_they_are_named() {
        let mut endpoints = endpoints();
        endpoints.allow("WS.example.com");
        endpoints.allow("http://127.0.0.1:3001/");
        assert!(endpoints.is_allowed("https://ws.example.com/prod"));
        assert!(endpoints.is_allowed("http://127.0.0.1:3001/local"));
        assert!(!endpoints.is_allowed("http://ws.example.com/prod"));
        assert!(!endpoints.is_allowed("https://ws.example.com:8443/prod"));
        assert!(!endpoints.is_allowed("http://127.0.0.1:3002/local"));
    }

    #[test]
    fn the_endpoint_of_an_api_is_escaped_and_in_its_partition() {
        let built = endpoints().of_api("evil.example/", "a/b?c");
        assert_eq!(
            built.as_str(),
            "https://evil%2Eexample%2F.execute-api.eu-west-1.amazonaws.com/a%2Fb%3Fc"
        );
        let china = Endpoints { region: "cn-north-1".to_owned(), ..endpoints() };
        let built = china.of_api("k3v9example", "prod");
        assert_eq!(
            built.as_str(),
            "https://k3v9example.execute-api.cn-north-1.amazonaws.com.cn/prod"
        );
        assert!(china.is_allowed(built.as_str()));
    }
}
