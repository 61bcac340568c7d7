//! Error responses as AWS's APIs send them.
//!
//! DynamoDB names an error in the body, as `__type` with the namespace of the layer that failed, and
//! adds a checksum that some SDKs verify. `@connections` names it in the header `x-amzn-ErrorType`
//! ([R-6.10]). A request id ends with the number of the fault in the report.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, header};
use serde_json::{Value, json};

use crate::{
    call::{Call, Items},
    plan::{Access, Api, Reason},
};

/// The account of everything local.
const ACCOUNT: &str = "000000000000";

/// A throttling error.
pub(crate) fn throttled(
    call: &Call,
    reason: Option<&Reason>,
    request: &Request<Bytes>,
    number: u64,
) -> Response<Bytes> {
    let Some(items) = call.items() else {
        let limit = Some("LimitExceededException");
        return error(Api::Connections, StatusCode::TOO_MANY_REQUESTS, limit, number);
    };
    let reason_name = reason.map_or_else(|| usual_reason(items), |reason| reason.name.clone());
    let resource = resource(items, reason, &reason_name, request.headers());
    let reasons = json!([{ "reason": reason_name, "resource": resource }]);
    // Tables are on demand here, so the exception depends on the limit that was exceeded.
    let (kind, field, message) = if reason_name.ends_with("ProvisionedThroughputExceeded") {
        let message = "The level of configured provisioned throughput for the table was exceeded. \
                       Consider increasing your provisioning level with the UpdateTable API.";
        ("ProvisionedThroughputExceededException", "ThrottlingReasons", message)
    } else if reason_name.ends_with("AccountLimitExceeded") {
        let message = "Throughput exceeds the current throughput limit for your account.";
        ("RequestLimitExceeded", "ThrottlingReasons", message)
    } else {
        let message = "Throughput exceeds the current capacity of your table or index. DynamoDB is \
                       automatically scaling your table or index so please try again shortly.";
        ("ThrottlingException", "throttlingReasons", message)
    };
    let body = json!({ "__type": qualified(kind), "message": message, field: reasons });
    dynamodb(StatusCode::BAD_REQUEST, &body, number)
}

/// An error with a status, and with a name if the plan has one.
pub(crate) fn error(
    api: Api,
    status: StatusCode,
    name: Option<&str>,
    number: u64,
) -> Response<Bytes> {
    match api {
        Api::DynamoDb => {
            let name = name.unwrap_or(match status {
                StatusCode::SERVICE_UNAVAILABLE => "ServiceUnavailable",
                status if status.is_server_error() => "InternalServerError",
                StatusCode::FORBIDDEN => "AccessDeniedException",
                _ => "ValidationException",
            });
            let body = json!({ "__type": qualified(name), "message": words(status) });
            dynamodb(status, &body, number)
        }
        Api::Connections => {
            let name = name.unwrap_or(match status {
                StatusCode::GONE => "GoneException",
                StatusCode::FORBIDDEN => "ForbiddenException",
                StatusCode::TOO_MANY_REQUESTS => "LimitExceededException",
                StatusCode::PAYLOAD_TOO_LARGE => "PayloadTooLargeException",
                status if status.is_server_error() => "InternalServerErrorException",
                _ => "BadRequestException",
            });
            // AWS sends no body with 410; the header is all that names the error.
            let body = json!({ "message": words(status) }).to_string();
            let body = if status == StatusCode::GONE { String::new() } else { body };
            let mut response = build(status, "application/json", body, number);
            put(response.headers_mut(), "x-amzn-errortype", name);
            response
        }
        Api::Runtime => {
            let name = name.unwrap_or("InternalServerError");
            let body = json!({ "errorType": name, "errorMessage": words(status) });
            build(status, "application/json", body.to_string(), number)
        }
    }
}

/// The Runtime API's reply to a response that it accepts.
pub(crate) fn accepted() -> Response<Bytes> {
    let body = json!({ "status": "OK" }).to_string();
    build(StatusCode::ACCEPTED, "application/json", body, 0)
}

fn dynamodb(status: StatusCode, body: &Value, number: u64) -> Response<Bytes> {
    let body = body.to_string();
    let checksum = crc32fast::hash(body.as_bytes()).to_string();
    let mut response = build(status, "application/x-amz-json-1.0", body, number);
    put(response.headers_mut(), "x-amz-crc32", &checksum);
    response
}

fn build(status: StatusCode, kind: &'static str, body: String, number: u64) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    let id = format!("00000000-0000-4000-8000-{number:012}");
    put(response.headers_mut(), "x-amzn-requestid", &id);
    response
}

/// Adds a header. If the plan names an error that is no valid header value, the header is left out.
fn put(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

fn words(status: StatusCode) -> &'static str {
    status.canonical_reason().unwrap_or("The request failed")
}

/// The name of an error with AWS's namespace before it.
fn qualified(name: &str) -> String {
    let namespace = match name {
        "ThrottlingException" => "com.amazon.coral.availability",
        "ValidationException" => "com.amazon.coral.validate",
        "AccessDeniedException" | "ExpiredTokenException" | "UnrecognizedClientException" => {
            "com.amazon.coral.service"
        }
        _ => "com.amazonaws.dynamodb.v20120810",
    };
    format!("{namespace}#{name}")
}

/// The reason for throttling if the plan has none: hot keys.
fn usual_reason(items: &Items) -> String {
    let place = match (items.access, items.index()) {
        (Some(Access::Read), Some(_)) => "IndexRead",
        (Some(Access::Read), None) => "TableRead",
        _ => "TableWrite",
    };
    format!("{place}KeyRangeThroughputExceeded")
}

/// The ARN of the table or index that throttles.
fn resource(items: &Items, reason: Option<&Reason>, name: &str, headers: &HeaderMap) -> String {
    let region = region(headers).unwrap_or("us-east-1");
    let table = items.table().unwrap_or("unknown");
    let index = reason.and_then(|reason| reason.index.as_deref()).or_else(|| items.index());
    let index = index.filter(|_| name.starts_with("Index"));
    let index = index.map(|index| format!("/index/{index}")).unwrap_or_default();
    format!("arn:aws:dynamodb:{region}:{ACCOUNT}:table/{table}{index}")
}

/// The Region that the request was signed for: `Credential=KEY/DATE/REGION/dynamodb/aws4_request`.
fn region(headers: &HeaderMap) -> Option<&str> {
    let signed = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    signed.split_once("Credential=")?.1.split('/').nth(2)
}
