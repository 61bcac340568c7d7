//! The signature that a request claims to have, and what it claims to sign.

use std::time::{Duration, SystemTime};

use aws_smithy_types::{DateTime, date_time::Format};
use http::{HeaderMap, Uri, header};
use percent_encoding::percent_decode_str;

use super::error::SignatureError;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The longest life of a presigned URL, in seconds: a week.
const MAX_EXPIRES: u64 = 7 * 24 * 60 * 60;

/// A request's signature and its parameters.
pub(super) struct ClaimedSignature {
    pub(super) access_key: String,
    pub(super) region: String,
    pub(super) service: String,
    pub(super) time: SystemTime,
    pub(super) signature: String,
    /// The session token, if it is signed.
    pub(super) token: Option<String>,
    /// The URL without the parameters that the signer adds.
    pub(super) url: String,
    pub(super) location: Location,
    signed_headers: String,
    pub(super) scope_date: String,
}

/// Where the request has its signature.
pub(super) enum Location {
    Header,
    Query { expires: Duration },
}

impl ClaimedSignature {
    pub(super) fn read(uri: &Uri, headers: &HeaderMap) -> Result<Self, SignatureError> {
        let host = text(headers, "host").unwrap_or_default();
        match text(headers, header::AUTHORIZATION.as_str()) {
            Some(authorization) => Self::in_header(authorization, host, uri, headers),
            None if uri.query().is_some_and(|query| query.contains("X-Amz-Signature=")) => {
                Self::in_query(host, uri)
            }
            None => Err(SignatureError::new(
                "MissingAuthenticationTokenException",
                "Missing Authentication Token",
            )),
        }
    }

    fn in_header(
        authorization: &str,
        host: &str,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Result<Self, SignatureError> {
        let Some(fields) = authorization.strip_prefix(ALGORITHM) else {
            return Err(incomplete_signature(format!(
                "Unsupported AWS 'algorithm': expected {ALGORITHM}."
            )));
        };
        let fields: Vec<_> =
            fields.split(',').filter_map(|field| field.trim().split_once('=')).collect();
        let field = |name: &str| {
            let found = fields.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned()).ok_or_else(|| {
                incomplete_signature(format!("Authorization header requires '{name}' parameter."))
            })
        };
        let signed_headers = field("SignedHeaders")?;
        let date = text(headers, "x-amz-date").ok_or_else(|| {
            incomplete_signature("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
        })?;
        let token = text(headers, "x-amz-security-token");
        let token = token.filter(|_| contains_header(&signed_headers, "x-amz-security-token"));
        let url = format!("http://{host}{uri}");
        let (token, location) = (token.map(str::to_owned), Location::Header);
        let (credential, signature) = (field("Credential")?, field("Signature")?);
        Self::new(&credential, date, signature, signed_headers, token, url, location)
    }

    fn in_query(host: &str, uri: &Uri) -> Result<Self, SignatureError> {
        let query = uri.query().unwrap_or_default();
        let raw = |name: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
        };
        let field = |name: &str| {
            let value = raw(name).and_then(|value| percent_decode_str(value).decode_utf8().ok());
            let missing = || {
                incomplete_signature(format!("AWS query-string parameters must include '{name}'."))
            };
            value.map(|value| value.into_owned()).ok_or_else(missing)
        };
        if field("X-Amz-Algorithm")? != ALGORITHM {
            return Err(incomplete_signature(format!(
                "Unsupported AWS 'algorithm': expected {ALGORITHM}."
            )));
        }
        let expires =
            field("X-Amz-Expires")?.parse().ok().filter(|seconds| *seconds <= MAX_EXPIRES);
        let expires = expires.ok_or_else(|| {
            incomplete_signature(format!(
                "X-Amz-Expires must be a number of at most {MAX_EXPIRES} seconds."
            ))
        })?;
        let added_by_signer = [
            "X-Amz-Algorithm",
            "X-Amz-Credential",
            "X-Amz-Date",
            "X-Amz-Expires",
            "X-Amz-SignedHeaders",
            "X-Amz-Security-Token",
            "X-Amz-Signature",
        ];
        let is_added =
            |pair: &&str| added_by_signer.contains(&pair.split('=').next().unwrap_or_default());
        let rest: Vec<_> = query.split('&').filter(|pair| !is_added(pair)).collect();
        let url = format!("http://{host}{}?{}", uri.path(), rest.join("&"));
        let location = Location::Query { expires: Duration::from_secs(expires) };
        let token = field("X-Amz-Security-Token").ok();
        let (credential, date) = (field("X-Amz-Credential")?, field("X-Amz-Date")?);
        let (signature, signed) = (field("X-Amz-Signature")?, field("X-Amz-SignedHeaders")?);
        Self::new(&credential, &date, signature, signed, token, url, location)
    }

    fn new(
        credential: &str,
        date: &str,
        signature: String,
        signed_headers: String,
        token: Option<String>,
        url: String,
        location: Location,
    ) -> Result<Self, SignatureError> {
        let malformed = || {
            incomplete_signature(format!(
                "Credential must have exactly 5 slash-delimited elements, e.g. \
                 keyid/date/region/service/term, got '{credential}'"
            ))
        };
        let [access_key, day, region, service, "aws4_request"] =
            credential.split('/').collect::<Vec<_>>()[..]
        else {
            return Err(malformed());
        };
        let time = parse(date).ok_or_else(|| {
            incomplete_signature(format!("Date must be in ISO-8601 'basic format'. Got '{date}'."))
        })?;
        // Without the host, the signature would be valid for every other gateway.
        if !contains_header(&signed_headers, "host") {
            return Err(SignatureError::invalid(
                "'Host' must be a 'SignedHeader' in the AWS Authorization.",
            ));
        }
        if matches!(location, Location::Header) && !contains_header(&signed_headers, "x-amz-date") {
            return Err(SignatureError::invalid("'X-Amz-Date' must be a 'SignedHeader'."));
        }
        Ok(Self {
            access_key: access_key.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
            time,
            signature,
            token,
            url,
            location,
            signed_headers,
            scope_date: day.to_owned(),
        })
    }

    /// Whether the client signed a header. The date and the token are left out: the signer adds
    /// them.
    pub(super) fn signs(&self, name: &str) -> bool {
        !matches!(name, "x-amz-date" | "x-amz-security-token")
            && contains_header(&self.signed_headers, name)
    }

    /// Whether the signature is valid at this time.
    pub(super) fn check_time(&self, now: SystemTime, skew: Duration) -> Result<(), SignatureError> {
        let (time, minutes) = (self.time, skew.as_secs() / 60);
        let claimed = format(time);
        if claimed.get(..8) != Some(&self.scope_date) {
            return Err(SignatureError::invalid(format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date \
                 from HTTP: '{}' != '{}', from '{claimed}'.",
                self.scope_date,
                claimed.get(..8).unwrap_or_default()
            )));
        }
        let life = match self.location {
            Location::Header => skew,
            Location::Query { expires } => expires,
        };
        if now > time + life {
            let oldest = format(now - life);
            let now = format(now);
            return Err(SignatureError::invalid(match self.location {
                Location::Header => format!(
                    "Signature expired: {claimed} is now earlier than {oldest} ({now} - {minutes} min.)"
                ),
                Location::Query { .. } => {
                    format!("Signature expired: {claimed} is now earlier than {oldest} ({now})")
                }
            }));
        }
        if time > now + skew {
            let (latest, now) = (format(now + skew), format(now));
            return Err(SignatureError::invalid(format!(
                "Signature not yet current: {claimed} is still later than {latest} ({now} + {minutes} min.)"
            )));
        }
        Ok(())
    }
}

fn incomplete_signature(message: impl Into<String>) -> SignatureError {
    SignatureError::new("IncompleteSignatureException", message)
}

fn contains_header(signed_headers: &str, name: &str) -> bool {
    signed_headers.split(';').any(|signed| signed.eq_ignore_ascii_case(name))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Parses a time in ISO 8601's basic format, such as `20261121T091524Z`.
fn parse(date: &str) -> Option<SystemTime> {
    if date.len() != 16 || !date.is_ascii() {
        return None;
    }
    let extended = format!(
        "{}-{}-{}T{}:{}:{}",
        &date[..4],
        &date[4..6],
        &date[6..8],
        &date[9..11],
        &date[11..13],
        &date[13..]
    );
    let time = DateTime::from_str(&extended, Format::DateTime).ok()?;
    (date.as_bytes()[8] == b'T').then_some(time)?.try_into().ok()
}

fn format(time: SystemTime) -> String {
    let text = DateTime::from(time).fmt(Format::DateTime).unwrap_or_default();
    let seconds = text.split('.').next().unwrap_or_default();
    let digits: String = seconds.chars().filter(|c| c.is_ascii_digit() || *c == 'T').collect();
    digits + "Z"
}
