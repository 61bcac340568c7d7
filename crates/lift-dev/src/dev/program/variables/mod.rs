//! The environment variables of the function: what Lambda gives, the local endpoints, and the
//! user's own settings. Nothing in them leads to an account at AWS.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    net::{IpAddr, SocketAddr},
    path::Path,
};

use lift_aws::variables;

use crate::dev::{api::access::LOCAL, plan::FunctionPlan, program::cargo::is_of_cargo_run};

/// Names to values, as a process gets them.
pub(crate) type Variables = BTreeMap<OsString, OsString>;

/// Where the things are that functions use.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    /// Where `lift dev` keeps what is for this machine alone.
    pub(crate) data_dir: &'a Path,
    pub(crate) database: SocketAddr,
    pub(crate) gateway: SocketAddr,
    pub(crate) stage: &'a str,
    /// What functions sign their posts with.
    pub(crate) secret_key: &'a str,
}

impl Place<'_> {
    /// The variables of a function in `folder`, on top of what is kept of its own and of
    /// `inherited`, the user's shell.
    pub(crate) fn variables(
        &self,
        function: &FunctionPlan,
        folder: &Path,
        inherited: impl Iterator<Item = (OsString, OsString)>,
    ) -> Variables {
        let own = function.environment.iter().map(|(name, value)| (name.into(), value.into()));
        let mut all: Variables = inherited.chain(own).filter(|(name, _)| is_kept(name)).collect();
        let region = region(&all);
        bypass_proxy(&mut all, self.gateway.ip());
        // The runtime client would name the request in each line, which the terminal does.
        all.entry(variables::LOG.into()).or_insert_with(|| "info,lambda_runtime=warn".into());
        // Or its lines would come in blocks, as its stdout is no terminal.
        all.entry("PYTHONUNBUFFERED".into()).or_insert_with(|| "1".into());

        let Self { database, gateway, stage, secret_key, .. } = *self;
        let FunctionPlan { name: function, memory_mb, handler, .. } = function;
        let mut set = |name: &str, value: &dyn AsRef<OsStr>| {
            all.insert(name.into(), value.as_ref().to_owned());
        };
        // The credentials are always ours. A mistake made here may cost a table in `.lift`, but
        // nothing that the developer's own credentials could reach.
        set(variables::ACCESS_KEY_ID, &LOCAL);
        set(variables::SECRET_ACCESS_KEY, &secret_key);
        set("AWS_SESSION_TOKEN", &LOCAL);
        set("AWS_SHARED_CREDENTIALS_FILE", &"/dev/null");
        set("AWS_CONFIG_FILE", &"/dev/null");
        set("AWS_EC2_METADATA_DISABLED", &"true");
        set(variables::REGION, &region);
        set(variables::DEFAULT_REGION, &region);

        set(variables::DYNAMODB_ENDPOINT, &format!("http://{database}"));
        set(variables::MANAGEMENT_ENDPOINT, &format!("http://{gateway}/{stage}"));

        // AWS_EXECUTION_ENV is missing on purpose: Lambda does not set it for own runtimes.
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

/// Whether the function gets the user's `name`: its own settings, PATH, HOME, TMPDIR, locale. Not
/// what stands for an account or a function of AWS, and not what the outer cargo left behind.
pub(crate) fn is_kept(name: &OsStr) -> bool {
    let Some(text) = name.to_str() else { return true };
    let is_aws = text.starts_with("AWS_") || text.starts_with("LAMBDA_") || text.starts_with("_");
    let is_place = text == variables::REGION || text == variables::DEFAULT_REGION;
    // The user's own stand-in for another service, say a local S3.
    let is_endpoint = text.starts_with("AWS_ENDPOINT_URL_");
    (!is_aws || is_place || is_endpoint) && text != variables::DESCRIBE && !is_of_cargo_run(name)
}

/// The Region that is named in `variables`, or AWS's oldest.
pub(crate) fn region(variables: &Variables) -> OsString {
    [variables::REGION, variables::DEFAULT_REGION]
        .iter()
        .filter_map(|name| variables.get(OsStr::new(name)))
        .find(|value| !value.is_empty())
        .cloned()
        .unwrap_or_else(|| "us-east-1".into())
}

/// Keeps calls to the local endpoints away from a proxy, when the user has one.
fn bypass_proxy(variables: &mut Variables, gateway: IpAddr) {
    const LOOPBACK: &str = "127.0.0.1,::1,localhost";
    let own = if gateway.is_loopback() { String::new() } else { format!(",{gateway}") };
    let is_proxy = |name: &OsString| {
        name.to_str().is_some_and(|name| name.to_ascii_lowercase().ends_with("_proxy"))
    };
    if !variables.keys().any(is_proxy) {
        return;
    }
    // Both spellings are in use, and a library may read only one of them.
    for name in ["NO_PROXY", "no_proxy"] {
        let list = variables.entry(name.into()).or_default();
        if !list.is_empty() {
            list.push(",");
        }
        list.push(LOOPBACK);
        list.push(&own);
    }
}

#[cfg(test)]
mod tests;
