//! What the function inherits and what it is given.

use std::{
    ffi::{OsStr, OsString},
    path::Path,
};

use super::{Place, Variables};
use crate::dev::plan::{FunctionPlan, Source};

fn given(inherited: &[(&str, &str)]) -> Variables {
    given_with(inherited, &[])
}

fn given_with(inherited: &[(&str, &str)], own: &[(&str, &str)]) -> Variables {
    let listen = ([127, 0, 0, 1], 9001).into();
    let mut function = FunctionPlan::new("chat", Source::Attach { listen, app: None });
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    function.environment = own.iter().map(owned).collect();
    let place = Place {
        data_dir: Path::new("/app/.lift"),
        database: ([127, 0, 0, 1], 3002).into(),
        gateway: ([127, 0, 0, 1], 3001).into(),
        stage: "local",
        secret_key: "token",
    };
    let owned = |(name, value): &(&str, &str)| (OsString::from(name), OsString::from(value));
    place.variables(&function, Path::new("/apps/chat"), inherited.iter().map(owned))
}

fn check(inherited: &[(&str, &str)], name: &str, expected: Option<&str>) {
    let variables = given(inherited);
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
    for (name, value) in given(&real) {
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
    check(&own, "AWS_ENDPOINT_URL_S3", Some("http://s3"));
    check(&own, "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI", Some("http://127.0.0.1:3001/local"));
}

#[test]
fn the_region_is_the_users() {
    check(&[], "AWS_REGION", Some("us-east-1"));
    check(&[("AWS_REGION", "")], "AWS_REGION", Some("us-east-1"));
    check(&[("AWS_DEFAULT_REGION", "eu-west-1")], "AWS_REGION", Some("eu-west-1"));
    let both = [("AWS_DEFAULT_REGION", "eu-west-1"), ("AWS_REGION", "eu-north-1")];
    check(&both, "AWS_DEFAULT_REGION", Some("eu-north-1"));
}

#[test]
fn own_settings_pass_and_the_outer_cargo_does_not() {
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
fn a_proxy_is_not_asked_for_loopback() {
    check(&[], "NO_PROXY", None);
    check(&[("http_proxy", "http://p")], "NO_PROXY", Some("127.0.0.1,::1,localhost"));
    let own = [("HTTPS_PROXY", "http://p"), ("no_proxy", "corp")];
    check(&own, "no_proxy", Some("corp,127.0.0.1,::1,localhost"));
    check(&own, "HTTPS_PROXY", Some("http://p"));
}

#[test]
fn the_functions_own_go_before_the_shells_but_not_before_ours() {
    let shell = [("TABLE", "shell"), ("PATH", "/bin")];
    let own = [("TABLE", "own"), ("AWS_SECRET_ACCESS_KEY", "real"), ("AWS_REGION", "eu-west-1")];
    let all = given_with(&shell, &own);
    let of = |name: &str| all.get(OsStr::new(name)).and_then(|value| value.to_str());
    assert_eq!(of("TABLE"), Some("own"));
    assert_eq!(of("PATH"), Some("/bin"));
    assert_eq!(of("AWS_SECRET_ACCESS_KEY"), Some("token"));
    assert_eq!(of("AWS_REGION"), Some("eu-west-1"));
}
