//! The environment variables of the user's shell, and which of them a function gets.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
};

use lift_aws::variables::{DEFAULT_REGION, DESCRIBE, REGION};

use super::cargo::is_of_cargo_run;

/// The environment of a process: names to values.
pub(crate) type Variables = BTreeMap<OsString, OsString>;

/// Whether a function gets the user's variable `name`. Variables for AWS accounts and of Lambda itself
/// are kept out, and those of the cargo that started Lift.
pub(crate) fn is_passed_on(name: &OsStr) -> bool {
    let Some(text) = name.to_str() else { return true };
    let is_of_aws =
        text.starts_with("AWS_") || text.starts_with("LAMBDA_") || text.starts_with("_");
    let is_region = text == REGION || text == DEFAULT_REGION;
    // The user's local replacement of another AWS service, such as S3.
    let is_endpoint = text.starts_with("AWS_ENDPOINT_URL_");
    (!is_of_aws || is_region || is_endpoint) && text != DESCRIBE && !is_of_cargo_run(name)
}

/// The region in `variables`, or the default `us-east-1`.
pub(crate) fn region(variables: &Variables) -> OsString {
    [REGION, DEFAULT_REGION]
        .iter()
        .filter_map(|name| variables.get(OsStr::new(name)))
        .find(|value| !value.is_empty())
        .cloned()
        .unwrap_or_else(|| "us-east-1".into())
}
