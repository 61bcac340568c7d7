//! Checks SigV4 signatures, as API Gateway does for `@connections` and for handshakes with
//! `AWS_IAM`. The signing crate signs the request again, and both signatures have to be equal.
//!
//! The texts of the errors are AWS's.

mod claimed;
mod error;

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{
        SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign as sigv4,
    },
    sign::v4,
};
use aws_smithy_runtime_api::client::identity::Identity;
use http::{HeaderMap, Method, Uri};

use crate::push::sign::SERVICE;
use claimed::{ClaimedSignature, Location};

pub use error::SignatureError;

/// The largest difference of a client's clock, either way. AWS: 5 minutes.
const MAX_SKEW: Duration = Duration::from_secs(5 * 60);

/// Checks SigV4 signatures that are made with one pair of keys.
///
/// ```
/// use http::{HeaderMap, Method, Uri};
///
/// let signatures = lift_aws::Signatures::new("local", "secret", "us-east-1");
/// let uri = Uri::from_static("/prod/@connections/R1kmxc2VNjMCFIA%3D");
/// let error = signatures.check(&Method::POST, &uri, &HeaderMap::new(), b"hi").unwrap_err();
/// assert_eq!(error.to_string(), "Missing Authentication Token");
/// assert_eq!(error.kind(), "MissingAuthenticationTokenException");
/// ```
#[derive(Clone)]
pub struct Signatures {
    access_key: String,
    secret_key: String,
    region: String,
}

impl Signatures {
    /// Checks signatures of one pair of keys, for one region.
    #[must_use]
    pub fn new(
        access_key: impl Into<String>,
        secret_key: impl Into<String>,
        region: impl Into<String>,
    ) -> Self {
        let (access_key, secret_key) = (access_key.into(), secret_key.into());
        Self { access_key, secret_key, region: region.into() }
    }

    /// The access key.
    #[must_use]
    pub fn access_key(&self) -> &str {
        &self.access_key
    }

    /// Checks the signature of a request, in its `Authorization` header or, for a presigned URL, in
    /// its query. Any session token is taken: only the secret key is checked.
    ///
    /// # Errors
    /// When there is no signature, or it is not valid now.
    pub fn check(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<(), SignatureError> {
        self.check_at(SystemTime::now(), method, uri, headers, body)
    }

    fn check_at(
        &self,
        now: SystemTime,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<(), SignatureError> {
        let claimed = ClaimedSignature::read(uri, headers)?;
        if claimed.access_key != self.access_key {
            let message = "The security token included in the request is invalid.";
            return Err(SignatureError::new("UnrecognizedClientException", message));
        }
        if claimed.service != SERVICE {
            let message = format!("Credential should be scoped to correct service: '{SERVICE}'.");
            return Err(SignatureError::invalid(message));
        }
        if claimed.region != self.region {
            let message =
                format!("Credential should be scoped to a valid region, not '{}'.", claimed.region);
            return Err(SignatureError::invalid(message));
        }
        claimed.check_time(now, MAX_SKEW)?;
        let expected = self.sign(&claimed, method, headers, body).ok_or_else(mismatch)?;
        let same = subtle::ConstantTimeEq::ct_eq(expected.as_bytes(), claimed.signature.as_bytes());
        if bool::from(same) { Ok(()) } else { Err(mismatch()) }
    }

    /// The signature that the request should have.
    fn sign(
        &self,
        claimed: &ClaimedSignature,
        method: &Method,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Option<String> {
        let mut settings = SigningSettings::default();
        // The client has chosen which headers are signed.
        settings.excluded_headers = None;
        if let Location::Query { expires } = claimed.location {
            settings.signature_location = SignatureLocation::QueryParams;
            settings.expires_in = Some(expires);
        }
        let token = claimed.token.clone();
        let credentials = Credentials::new(&self.access_key, &self.secret_key, token, None, "lift");
        let identity = Identity::from(credentials);
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(SERVICE)
            .time(claimed.time)
            .settings(settings)
            .build()
            .ok()?
            .into();
        let signed = headers.iter().filter(|(name, _)| claimed.signs(name.as_str()));
        let signed = signed.map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        let signed: Vec<_> = signed.collect::<Option<_>>()?;
        let body = SignableBody::Bytes(body);
        let request =
            SignableRequest::new(method.as_str(), &claimed.url, signed.into_iter(), body).ok()?;
        let (_, signature) = sigv4(request, &params).ok()?.into_parts();
        Some(signature)
    }
}

impl std::fmt::Debug for Signatures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { access_key, region, .. } = self;
        f.debug_struct("Signatures")
            .field("access_key", access_key)
            .field("region", region)
            .finish_non_exhaustive()
    }
}

fn mismatch() -> SignatureError {
    SignatureError::invalid(
        "The request signature we calculated does not match the signature you provided. Check your \
         AWS Secret Access Key and signing method. Consult the service documentation for details.",
    )
}

#[cfg(test)]
mod tests;
