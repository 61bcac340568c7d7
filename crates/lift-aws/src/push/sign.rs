//! SigV4 signatures for API Gateway; [`verify`](crate::verify) checks them.

use std::{error::Error, time::SystemTime};

use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign as sigv4},
    sign::v4,
};
use aws_smithy_runtime_api::client::identity::Identity;
use http::Request;

/// The service's name in the signature ([R-6.5]).
pub(crate) const SERVICE: &str = "execute-api";

pub(super) fn sign<B>(
    request: &mut Request<B>,
    body: &[u8],
    identity: &Identity,
    region: &str,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let params = v4::SigningParams::builder()
        .identity(identity)
        .region(region)
        .name(SERVICE)
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()?
        .into();
    let headers = request.headers().iter();
    let headers = headers.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let signable = SignableRequest::new(
        request.method().as_str(),
        request.uri().to_string(),
        headers,
        SignableBody::Bytes(body),
    )?;
    let (instructions, _) = sigv4(signable, &params)?.into_parts();
    instructions.apply_to_request_http1x(request);
    Ok(())
}
