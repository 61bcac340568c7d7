//! Signatures that the signing crate makes, and the errors of invalid ones.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sigv4::http_request::{PercentEncodingMode, SignatureLocation, SigningSettings};
use http::Request;

use super::*;

const REGION: &str = "eu-west-1";

fn now() -> SystemTime {
    // 2026-11-21T09:15:24Z
    UNIX_EPOCH + Duration::from_secs(1_795_252_524)
}

struct SignedRequest {
    method: &'static str,
    url: &'static str,
    body: &'static [u8],
    token: Option<&'static str>,
    encoding: PercentEncodingMode,
    /// The life of a presigned URL; `None` puts the signature in the header.
    expires: Option<Duration>,
}

impl Default for SignedRequest {
    fn default() -> Self {
        Self {
            method: "POST",
            url: "http://localhost:3001/prod/@connections/R1kmxc2VNjMCFIA%3D",
            body: b"hi",
            token: Some("token"),
            expires: None,
            encoding: PercentEncodingMode::Double,
        }
    }
}

impl SignedRequest {
    /// The request as a server gets it: the URI has path and query, and the host is in a header.
    fn request(&self) -> Request<()> {
        let mut request = Request::builder()
            .method(self.method)
            .uri(self.url)
            .header("host", "localhost:3001")
            .header("user-agent", "any/1")
            .body(())
            .unwrap();
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = self.encoding;
        if let Some(expires) = self.expires {
            settings.signature_location = SignatureLocation::QueryParams;
            settings.expires_in = Some(expires);
        }
        let token = self.token.map(str::to_owned);
        let identity = Credentials::new("local", "secret", token, None, "test").into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(REGION)
            .name(SERVICE)
            .time(now())
            .settings(settings)
            .build()
            .unwrap()
            .into();
        let headers = [("host", "localhost:3001"), ("content-type", "text/plain")];
        let body = SignableBody::Bytes(self.body);
        let signable =
            SignableRequest::new(self.method, self.url, headers.into_iter(), body).unwrap();
        let (instructions, _) = sigv4(signable, &params).unwrap().into_parts();
        request.headers_mut().insert("content-type", "text/plain".parse().unwrap());
        instructions.apply_to_request_http1x(&mut request);
        *request.uri_mut() = request.uri().path_and_query().unwrap().as_str().parse().unwrap();
        request
    }
}

fn check_at(time: SystemTime, request: &Request<()>, body: &[u8]) -> Result<(), SignatureError> {
    let signatures = Signatures::new("local", "secret", REGION);
    signatures.check_at(time, request.method(), request.uri(), request.headers(), body)
}

/// The kind of the error; `None` for a valid signature.
fn check(request: &Request<()>) -> Option<&'static str> {
    check_at(now(), request, b"hi").err().map(|error| error.kind())
}

#[test]
fn valid_signatures() {
    for url in [
        "http://localhost:3001/prod/@connections/R1kmxc2VNjMCFIA%3D",
        "http://localhost:3001/prod/@connections/R1kmxc2VNjMCFIA=",
        "http://localhost:3001/prod/%40connections/R1kmxc2VNjMCFIA%3D",
        "http://localhost:3001/prod?b=2&a=1&a=%2F%20+",
        "http://localhost:3001/prod",
    ] {
        for token in [None, Some("a/b+c==")] {
            for expires in [None, Some(Duration::from_secs(900))] {
                let request =
                    SignedRequest { url, token, expires, ..SignedRequest::default() }.request();
                let checked = check_at(now(), &request, b"hi");
                assert_eq!(checked, Ok(()), "{url} {token:?} {expires:?} {}", request.uri());
                // A handshake.
                let handshake = SignedRequest {
                    url,
                    token,
                    expires,
                    method: "GET",
                    body: b"",
                    ..SignedRequest::default()
                };
                assert_eq!(check_at(now(), &handshake.request(), b""), Ok(()), "{url}");
            }
        }
    }
}

#[test]
fn a_path_that_is_signed_as_sent_is_refused() {
    // `curl --aws-sigv4` and hand-written clients do this. AWS encodes the sent path once more.
    for id in ["R1kmxc2VNjMCFIA=", "R1kmxc2VNjMCFIA%3D"] {
        let url: &'static str =
            String::leak(format!("http://localhost:3001/prod/@connections/{id}"));
        let signed = SignedRequest {
            url,
            encoding: PercentEncodingMode::Single,
            ..SignedRequest::default()
        };
        assert_eq!(check(&signed.request()), Some("InvalidSignatureException"), "{id}");
    }
}

#[test]
fn a_change_breaks_the_signature() {
    let request = || SignedRequest::default().request();
    assert_eq!(check(&request()), None);
    let invalid = Some("InvalidSignatureException");
    let mut changed = request();
    *changed.method_mut() = Method::DELETE;
    assert_eq!(check(&changed), invalid, "method");
    let mut changed = request();
    *changed.uri_mut() = Uri::from_static("/prod/@connections/R1kmxc2VNjMCFIB%3D");
    assert_eq!(check(&changed), invalid, "path");
    for (name, value) in [
        ("host", "other:3001"),
        ("content-type", "text/html"),
        ("x-amz-date", "20261121T091525Z"),
        ("x-amz-security-token", "other"),
    ] {
        let mut changed = request();
        changed.headers_mut().insert(name, value.parse().unwrap());
        assert_eq!(check(&changed), invalid, "{name}");
    }
    let mut unsigned = request();
    unsigned.headers_mut().insert("user-agent", "other".parse().unwrap());
    assert_eq!(check(&unsigned), None, "the header was not signed");
    let body = check_at(now(), &request(), b"ho").unwrap_err();
    assert!(body.to_string().starts_with("The request signature we calculated does not match"));
    let other_key = Signatures::new("local", "other", REGION);
    let request = request();
    let checked =
        other_key.check_at(now(), request.method(), request.uri(), request.headers(), b"hi");
    assert_eq!(checked.map_err(|error| error.kind()), Err("InvalidSignatureException"));
}

#[test]
fn scopes_are_checked() {
    let request = SignedRequest::default().request();
    for (signatures, kind, message) in [
        (
            Signatures::new("other", "secret", REGION),
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        ),
        (
            Signatures::new("local", "secret", "us-east-1"),
            "InvalidSignatureException",
            "Credential should be scoped to a valid region, not 'eu-west-1'.",
        ),
    ] {
        let (method, uri, headers) = (request.method(), request.uri(), request.headers());
        let error = signatures.check_at(now(), method, uri, headers, b"hi").unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (kind, message));
        assert!(!format!("{signatures:?}").contains("secret"));
    }
}

#[test]
fn clocks_may_differ_by_five_minutes() {
    let request = SignedRequest::default().request();
    let five = Duration::from_secs(300);
    for time in [now() - five, now() + five] {
        assert_eq!(check_at(time, &request, b"hi"), Ok(()));
    }
    let second = Duration::from_secs(1);
    let late = check_at(now() + five + second, &request, b"hi").unwrap_err();
    assert_eq!(
        late.to_string(),
        "Signature expired: 20261121T091524Z is now earlier than 20261121T091525Z \
         (20261121T092025Z - 5 min.)"
    );
    let early = check_at(now() - five - second, &request, b"hi").unwrap_err();
    assert_eq!(
        early.to_string(),
        "Signature not yet current: 20261121T091524Z is still later than 20261121T091523Z \
         (20261121T091023Z + 5 min.)"
    );
    // A presigned URL has its own life.
    let expires = Some(Duration::from_secs(900));
    let request = SignedRequest { expires, ..SignedRequest::default() }.request();
    assert_eq!(check_at(now() + 2 * five, &request, b"hi"), Ok(()));
    assert!(check_at(now() + 3 * five + second, &request, b"hi").is_err());
}

#[test]
fn malformed_signatures_have_errors_of_their_own() {
    let good =
        SignedRequest::default().request().headers()["authorization"].to_str().unwrap().to_owned();
    let incomplete = "IncompleteSignatureException";
    let invalid = "InvalidSignatureException";
    for (authorization, kind) in [
        (String::new(), incomplete),
        ("Bearer x".to_owned(), incomplete),
        ("AWS4-HMAC-SHA256".to_owned(), incomplete),
        (good.replace("Credential=", "Kredential="), incomplete),
        (good.replace("/aws4_request", ""), incomplete),
        (good.replace("Signature=", "Sig="), incomplete),
        (good.replace("SignedHeaders=", "S="), incomplete),
        (good.replace("host;", ""), invalid),
        (good.replace("x-amz-date", "x-amz-none"), invalid),
        (good.replace("execute-api", "s3"), invalid),
        (good.replace("20261121", "20261120"), invalid),
        (good.replace("Signature=", "Signature=0"), invalid),
    ] {
        let mut request = SignedRequest::default().request();
        request.headers_mut().insert("authorization", authorization.parse().unwrap());
        assert_eq!(check(&request), Some(kind), "{authorization}");
    }
    for date in ["", "20261121", "2026-11-21T09:15:24Z", "20261121X091524Z", "99999999T999999Z"] {
        let mut request = SignedRequest::default().request();
        request.headers_mut().insert("x-amz-date", date.parse().unwrap());
        assert_eq!(check(&request), Some(incomplete), "{date}");
    }
    let mut request = SignedRequest::default().request();
    request.headers_mut().remove("authorization");
    assert_eq!(check(&request), Some("MissingAuthenticationTokenException"));
    // Invalid hosts, for which the library must not panic.
    for host in [None, Some(""), Some("/"), Some("a b"), Some("[")] {
        let mut request = SignedRequest::default().request();
        request.headers_mut().remove("host");
        if let Some(host) = host {
            request.headers_mut().insert("host", host.parse().unwrap());
        }
        assert_eq!(check(&request), Some("InvalidSignatureException"), "{host:?}");
    }
}
