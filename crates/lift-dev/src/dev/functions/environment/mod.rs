//! The environment of a function: the variables that Lambda sets, the local endpoints, and the user's
//! own variables. Nothing in it gives access to an AWS account.

use std::{
    ffi::{OsStr, OsString},
    net::{IpAddr, SocketAddr},
    path::Path,
};

use lift_aws::variables;

use crate::dev::{
    api::access::LOCAL,
    certificate::Roots,
    plan::FunctionPlan,
    program::variables::{Variables, is_passed_on, region},
};

/// The variable by which AWS SDKs find Lambda's API.
pub(crate) const LAMBDA_ENDPOINT: &str = "AWS_ENDPOINT_URL_LAMBDA";

/// The variable by which the runtime clients for Node and Python find the gateway, for programs that build
/// the API's endpoint at AWS.
const EXECUTE_API: &str = "LIFT_EXECUTE_API";

/// The services on this machine that functions use.
#[derive(Debug)]
pub(crate) struct LocalServices<'a> {
    pub(crate) database: SocketAddr,
    pub(crate) gateway: SocketAddr,
    /// Where functions invoke each other.
    pub(crate) lambda: SocketAddr,
    pub(crate) stage: &'a str,
    /// The secret key that functions sign their calls of `@connections` with.
    pub(crate) secret_key: &'a str,
    /// The port of the gateway itself, which serves TLS too.
    pub(crate) execute_api: SocketAddr,
    /// The roots with which functions check the gateway's certificate.
    pub(crate) roots: &'a Roots,
}

impl LocalServices<'_> {
    /// The environment of a function whose code is in `folder`. `shell` are the user's variables;
    /// those of the function's plan override them.
    pub(crate) fn variables(
        &self,
        function: &FunctionPlan,
        folder: &Path,
        shell: impl Iterator<Item = (OsString, OsString)>,
    ) -> Variables {
        let planned = function.environment.iter().map(|(name, value)| (name.into(), value.into()));
        let mut all: Variables =
            shell.chain(planned).filter(|(name, _)| is_passed_on(name)).collect();
        let region = region(&all);
        bypass_proxy(&mut all, self.gateway.ip());
        // `lambda_runtime` logs the request id in each line, which the terminal already shows.
        all.entry(variables::LOG.into()).or_insert_with(|| "info,lambda_runtime=warn".into());
        // Python buffers its stdout when that is no terminal, so lines would come late.
        all.entry("PYTHONUNBUFFERED".into()).or_insert_with(|| "1".into());

        let Self { database, gateway, lambda, stage, secret_key, roots, .. } = *self;
        let FunctionPlan { name: function, memory_mb, handler, .. } = function;
        let mut set = |name: &str, value: &dyn AsRef<OsStr>| {
            all.insert(name.into(), value.as_ref().to_owned());
        };
        // Always local credentials: a mistake in the function can destroy a table in `.lift`, but
        // nothing that the developer's own credentials give access to.
        set(variables::ACCESS_KEY_ID, &LOCAL);
        set(variables::SECRET_ACCESS_KEY, &secret_key);
        set("AWS_SESSION_TOKEN", &LOCAL);
        set("AWS_SHARED_CREDENTIALS_FILE", &"/dev/null");
        set("AWS_CONFIG_FILE", &"/dev/null");
        set("AWS_EC2_METADATA_DISABLED", &"true");
        set(variables::REGION, &region);
        set(variables::DEFAULT_REGION, &region);

        set(variables::DYNAMODB_ENDPOINT, &format!("http://{database}"));
        set(LAMBDA_ENDPOINT, &format!("http://{lambda}"));
        set(variables::MANAGEMENT_ENDPOINT, &format!("http://{gateway}/{stage}"));
        set(variables::MARK_ERRORS, &"1");

        set(EXECUTE_API, &self.execute_api.to_string());
        for (name, file) in roots.variables() {
            set(name, &file);
        }

        // Lambda does not set AWS_EXECUTION_ENV for OS-only runtimes.
        set("AWS_LAMBDA_FUNCTION_NAME", &function);
        set("AWS_LAMBDA_FUNCTION_VERSION", &"$LATEST");
        set("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &memory_mb.to_string());
        set("AWS_LAMBDA_INITIALIZATION_TYPE", &"on-demand");
        set("AWS_LAMBDA_LOG_GROUP_NAME", &format!("/aws/lambda/{function}"));
        set("_HANDLER", &handler);
        set("LAMBDA_TASK_ROOT", &folder);
        set("TZ", &":UTC");
        all
    }
}

/// Excludes the local endpoints from the user's HTTP proxy, if one is set.
fn bypass_proxy(variables: &mut Variables, gateway: IpAddr) {
    const LOOPBACK: &str = "127.0.0.1,::1,localhost";
    let gateway = if gateway.is_loopback() { String::new() } else { format!(",{gateway}") };
    if !variables.keys().any(|name| is_proxy(name)) {
        return;
    }
    // Both spellings are in use, and a library may read only one of them.
    for name in ["NO_PROXY", "no_proxy"] {
        let list = variables.entry(name.into()).or_default();
        if !list.is_empty() {
            list.push(",");
        }
        list.push(LOOPBACK);
        list.push(&gateway);
    }
}

fn is_proxy(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| name.to_ascii_lowercase().ends_with("_proxy"))
}

#[cfg(test)]
mod tests;
