//! SigV4 for `@connections` and for handshakes with `AWS_IAM`, by AWS's crate: the suite must not depend on
//! the code of Lift that it tests.

use std::{fmt, time::SystemTime};

use anyhow::Result;
use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use aws_smithy_runtime_api::client::identity::Identity;
use http::Request;

/// Credentials and the Region to sign for.
#[derive(Clone)]
#[non_exhaustive]
pub struct Keys {
    /// The access key.
    pub access: String,
    /// The secret key.
    pub secret: String,
    /// The session token of temporary credentials.
    pub token: Option<String>,
    /// The Region of the API.
    pub region: String,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("access", &self.access).finish_non_exhaustive()
    }
}

impl Keys {
    /// Permanent credentials.
    #[must_use]
    pub fn new(
        access: impl Into<String>,
        secret: impl Into<String>,
        region: impl Into<String>,
    ) -> Self {
        let (access, secret, region) = (access.into(), secret.into(), region.into());
        Self { access, secret, token: None, region }
    }

    /// Signs a request with an absolute URI.
    ///
    /// # Errors
    /// If the request cannot be signed.
    pub fn sign<B>(&self, request: &mut Request<B>, body: &[u8]) -> Result<()> {
        let Self { access, secret, token, region } = self;
        let credentials = Credentials::new(access, secret, token.clone(), None, "conformance");
        let identity = Identity::from(credentials);
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(region)
            .name("execute-api")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()?
            .into();
        let signable = SignableRequest::new(
            request.method().as_str(),
            request.uri().to_string(),
            std::iter::empty(),
            SignableBody::Bytes(body),
        )?;
        let (instructions, _) = sign(signable, &params)?.into_parts();
        instructions.apply_to_request_http1x(request);
        Ok(())
    }
}
