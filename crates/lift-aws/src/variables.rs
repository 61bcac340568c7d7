//! The names of the environment variables that a function or a program on Lift reads. `lift dev`
//! sets the same ones. The variable of the table of connections is
//! [`lift_ws::store::TABLE_VARIABLE`].

use std::env;

/// With the value `1`, the program prints the app's [`Description`](lift_ws::describe::Description)
/// and exits.
pub const DESCRIBE: &str = "LIFT_DESCRIBE";

/// With the value `1`, which only `lift dev` sets, a reply that means an error says so in a member that
/// `lift dev` removes. API Gateway would refuse such a reply.
pub const MARK_ERRORS: &str = "LIFT_MARK_ERRORS";

/// What is logged, such as `debug` or `lift_ws=debug`; `info` if it is not set.
pub const LOG: &str = "RUST_LOG";

/// The address of the Lambda Runtime API. Lambda sets it.
pub const RUNTIME_API: &str = "AWS_LAMBDA_RUNTIME_API";

/// The format of the log, `JSON` or `Text`. Lambda sets it by the function's logging configuration.
pub const LOG_FORMAT: &str = "AWS_LAMBDA_LOG_FORMAT";

/// The region. Lambda sets it.
pub const REGION: &str = "AWS_REGION";

/// The region where [`REGION`] is not set.
pub const DEFAULT_REGION: &str = "AWS_DEFAULT_REGION";

/// The id of the access key.
pub const ACCESS_KEY_ID: &str = "AWS_ACCESS_KEY_ID";

/// The secret access key.
pub const SECRET_ACCESS_KEY: &str = "AWS_SECRET_ACCESS_KEY";

/// The endpoint of DynamoDB, instead of the region's.
pub const DYNAMODB_ENDPOINT: &str = "AWS_ENDPOINT_URL_DYNAMODB";

/// The endpoint of all services without a variable of their own. Posts ignore it.
pub const ENDPOINT: &str = "AWS_ENDPOINT_URL";

/// The endpoint of `@connections`, with the stage or the base path. It overrides the endpoints of
/// events, rows and configuration.
pub const MANAGEMENT_ENDPOINT: &str = "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI";

/// `true` selects FIPS endpoints.
pub const USE_FIPS: &str = "AWS_USE_FIPS_ENDPOINT";

/// `true` selects dual-stack endpoints.
pub const USE_DUAL_STACK: &str = "AWS_USE_DUALSTACK_ENDPOINT";

/// A file and a directory with root certificates, instead of the default ones.
pub(crate) const ROOT_CERTIFICATES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// The value of a variable; `None` if it is empty, not set, or not UTF-8.
pub(crate) fn value(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// The region of the environment.
pub(crate) fn region() -> Option<String> {
    value(REGION).or_else(|| value(DEFAULT_REGION))
}

/// The endpoint of DynamoDB in the environment.
pub(crate) fn dynamodb_endpoint() -> Option<String> {
    value(DYNAMODB_ENDPOINT).or_else(|| value(ENDPOINT))
}
