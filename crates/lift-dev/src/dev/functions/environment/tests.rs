//! Which variables a function gets.

use std::{
    ffi::{OsStr, OsString},
    path::Path,
};

use super::{LocalServices, Roots, Variables};
use crate::dev::plan::{FunctionPlan, Runner};

/// The environment of a function, from the shell's variables.
fn environment(shell: &[(&str, &str)]) -> Variables {
    environment_with(shell, &[])
}

fn environment_with(shell: &[(&str, &str)], planned: &[(&str, &str)]) -> Variables {
    let listen = ([127, 0, 0, 1], 9001).into();
    let mut function = FunctionPlan::new("chat", Runner::Debugger { listen, app: None });
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    function.environment = planned.iter().map(owned).collect();
    let roots = Roots::in_folder(Path::new("/data"));
    let services = LocalServices {
        database: ([127, 0, 0, 1], 3002).into(),
        gateway: ([127, 0, 0, 1], 3001).into(),
        lambda: ([127, 0, 0, 1], 3003).into(),
        stage: "local",
        secret_key: "token",
        execute_api: ([127, 0, 0, 1], 3001).into(),
        roots: &roots,
    };
    let owned = |(name, value): &(&str, &str)| (OsString::from(name), OsString::from(value));
    services.variables(&function, Path::new("/apps/chat"), shell.iter().map(owned))
}

fn check(shell: &[(&str, &str)], name: &str, expected: Option<&str>) {
    let variables = environment(shell);
    assert_eq!(variables.get(OsStr::new(name)).and_then(|v| v.to_str()), expected, "{name}");
}

#[test]
fn real_credentials_never_pass() {
    let real = [
        ("AWS_ACCESS_KEY_ID", "AKIAREAL"),
        ("AWS_SECRET_ACCESS_KEY", "real"),
        ("AWS_SESSION_TOKEN", "real"),
        ("AWS_SECURITY_TOKEN", "real"),
        ("AWS_PROFILE", "real"),
        ("AWS_DEFAULT_PROFILE", "real"),
        ("AWS_ROLE_ARN", "real"),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "/real"),
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://real"),
        ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/real"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/real"),
        ("AWS_CONFIG_FILE", "/real"),
    ];
    for (name, value) in environment(&real) {
        let value = value.to_string_lossy();
        assert!(!value.contains("real") && !value.contains("REAL"), "{name:?}={value}");
    }
    check(&real, "AWS_ACCESS_KEY_ID", Some("local"));
    check(&real, "AWS_SECRET_ACCESS_KEY", Some("token"));
    check(&real, "AWS_PROFILE", None);
}

#[test]
fn the_local_endpoints_win() {
    let own = [("AWS_ENDPOINT_URL_DYNAMODB", "http://far"), ("AWS_ENDPOINT_URL_S3", "http://s3")];
    check(&own, "AWS_ENDPOINT_URL_DYNAMODB", Some("http://127.0.0.1:3002"));
    check(&own, "AWS_ENDPOINT_URL_LAMBDA", Some("http://127.0.0.1:3003"));
    check(&own, "AWS_ENDPOINT_URL_S3", Some("http://s3"));
    check(&own, "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI", Some("http://127.0.0.1:3001/local"));
}

#[test]
fn the_region_is_of_the_shell() {
    check(&[], "AWS_REGION", Some("us-east-1"));
    check(&[("AWS_REGION", "")], "AWS_REGION", Some("us-east-1"));
    check(&[("AWS_DEFAULT_REGION", "eu-west-1")], "AWS_REGION", Some("eu-west-1"));
    let both = [("AWS_DEFAULT_REGION", "eu-west-1"), ("AWS_REGION", "eu-north-1")];
    check(&both, "AWS_DEFAULT_REGION", Some("eu-north-1"));
}

#[test]
fn the_shells_variables_pass_but_not_those_of_the_outer_cargo() {
    let shell = [("PATH", "/bin"), ("MY_KEY", "1"), ("CARGO_PKG_NAME", "lift-dev"), ("_", "x")];
    check(&shell, "PATH", Some("/bin"));
    check(&shell, "MY_KEY", Some("1"));
    check(&shell, "CARGO_PKG_NAME", None);
    check(&shell, "_", None);
    check(&[("LIFT_DESCRIBE", "1")], "LIFT_DESCRIBE", None);
    check(&[], "RUST_LOG", Some("info,lambda_runtime=warn"));
    check(&[("RUST_LOG", "debug")], "RUST_LOG", Some("debug"));
}

#[test]
fn loopback_bypasses_a_proxy() {
    check(&[], "NO_PROXY", None);
    check(&[("http_proxy", "http://p")], "NO_PROXY", Some("127.0.0.1,::1,localhost"));
    let own = [("HTTPS_PROXY", "http://p"), ("no_proxy", "corp")];
    check(&own, "no_proxy", Some("corp,127.0.0.1,::1,localhost"));
    check(&own, "HTTPS_PROXY", Some("http://p"));
}

#[test]
fn the_functions_variables_override_the_shells_but_not_lifts() {
    let shell = [("TABLE", "shell"), ("PATH", "/bin")];
    let own = [("TABLE", "own"), ("AWS_SECRET_ACCESS_KEY", "real"), ("AWS_REGION", "eu-west-1")];
    let all = environment_with(&shell, &own);
    let of = |name: &str| all.get(OsStr::new(name)).and_then(|value| value.to_str());
    assert_eq!(of("TABLE"), Some("own"));
    assert_eq!(of("PATH"), Some("/bin"));
    assert_eq!(of("AWS_SECRET_ACCESS_KEY"), Some("token"));
    assert_eq!(of("AWS_REGION"), Some("eu-west-1"));
}

#[test]
fn functions_trust_the_gateways_certificate() {
    let own = [("SSL_CERT_FILE", "/own.pem")];
    check(&own, "SSL_CERT_FILE", Some("/data/roots.pem"));
    check(&own, "AWS_CA_BUNDLE", Some("/data/roots.pem"));
    check(&own, "NODE_EXTRA_CA_CERTS", Some("/data/further-roots.pem"));
}
