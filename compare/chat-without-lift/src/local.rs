//! Code that only the comparison needs; it is not counted. `describe` prints the description from which `lift dev`
//! gets the routes. `http_client` uses Lift's TLS library, so that CI does not build another one.

use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};

/// Prints the description if `lift dev` asks for it. Returns whether it did.
pub(crate) fn describe() -> bool {
    let asked = std::env::var_os("LIFT_DESCRIBE").is_some();
    if asked {
        let keys = ["$connect", "$default", "$disconnect", "ping", "say", "who"];
        let routes = keys.map(|key| serde_json::json!({"key": key, "two_way": false}));
        let tables = [serde_json::json!({"kind": "connections", "env": "LIFT_TABLE"})];
        println!("{}", serde_json::json!({"version": 1, "routes": routes, "tables": tables}));
    }
    asked
}

/// HTTPS by rustls and ring. `aws_config::load_defaults` would bring aws-lc.
pub(crate) fn http_client() -> SharedHttpClient {
    Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
}
