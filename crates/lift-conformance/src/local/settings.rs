//! The APIs of the suite as settings of Lift's gateway. `template.yaml` has them for AWS.

use lift_gateway::{
    ApiKey, ApiKeySource, ApiKeys, Authorization, Authorizer, Caller, ConnectionsAccess,
    IdentitySource, Limits, Models, Rate, Routes, Settings, SignatureRejection, Signatures,
    Throttles,
};
use serde_json::Value;

use crate::{Api, Timing};

/// The Region in events and signatures.
pub(super) const REGION: &str = "us-east-1";
/// The access key, the secret key and the user of `AWS_IAM`.
pub(super) const LOCAL: &str = "local";

/// The API key of [`Api::Keyed`].
pub const API_KEY: &str = "conformance-key-of-20-characters";

/// The settings of an API.
#[must_use]
pub fn settings(api: Api, timing: &Timing) -> Settings {
    let default = Settings {
        stage: "prod".to_owned(),
        api_id: format!("{api}0api"),
        region: REGION.to_owned(),
        routes: routes(),
        limits: Limits { integration_timeout: timing.integration, ..Limits::default() },
        ..Settings::default()
    };
    match api {
        Api::Main => Settings {
            authorization: Authorization::Lambda(Authorizer::same_function()),
            stage_variables: [("color".to_owned(), "blue".to_owned())].into(),
            ..default
        },
        Api::Bare => Settings {
            routes: Routes::default().with_route("two", true),
            limits: Limits { lifetime: timing.lifetime, ..default.limits },
            ..default
        },
        Api::Composed => Settings { routes: composed(), ..default },
        Api::Token => {
            let token = IdentitySource::Query("token".to_owned());
            Settings {
                authorization: Authorization::Lambda(
                    Authorizer::same_function().with_source(token),
                ),
                limits: Limits { idle: timing.idle, ..default.limits },
                ..default
            }
        }
        Api::Keyed => {
            let key = ApiKey { id: "key-1".to_owned(), value: API_KEY.to_owned(), rate: None };
            let api_keys = Some(ApiKeys { keys: vec![key], source: ApiKeySource::Header });
            Settings { api_keys, ..default }
        }
        Api::Iam => Settings {
            authorization: Authorization::Iam(signatures()),
            connections: ConnectionsAccess {
                signatures: Some(signatures()),
                ..ConnectionsAccess::default()
            },
            ..default
        },
        Api::Throttled => Settings { throttles: throttles(), ..default },
    }
}

fn routes() -> Routes {
    let model = |text: &str| match serde_json::from_str::<Value>(text) {
        Ok(message) if message["n"].is_number() => Ok(()),
        _ => Err("`n` is not a number".to_owned()),
    };
    let fixed = Routes::default().with_route("$connect", false).with_route("$disconnect", false);
    fixed
        .with_route("$default", true)
        .with_route("one", false)
        .with_route("two", true)
        .with_route("7", true)
        .with_route("true", true)
        .with_route("model", true)
        .with_models("model", Models::one(model))
}

fn composed() -> Routes {
    // The expression is a constant, so parsing cannot fail.
    let selection = "${request.body.service}/${request.body.action}".parse().unwrap_or_default();
    let routes = Routes::new(selection).with_route("$default", true);
    routes.with_route("chat/two", true).with_route("/two", true)
}

fn throttles() -> Throttles {
    let routes = [
        ("$connect".to_owned(), Rate { per_second: 2.0, burst: 5 }),
        ("two".to_owned(), Rate { per_second: 1.0, burst: 1 }),
    ];
    Throttles { routes: routes.into(), ..Throttles::default() }
}

fn signatures() -> Signatures {
    let signatures = lift_aws::Signatures::new(LOCAL, LOCAL, REGION);
    Signatures::new(move |request| {
        let checked = signatures.check(request.method, request.uri, request.headers, request.body);
        let denied = |error: lift_aws::SignatureError| SignatureRejection {
            kind: error.kind(),
            message: error.to_string(),
        };
        checked.map_err(denied).map(|()| Caller {
            access_key: LOCAL.to_owned(),
            account_id: "000000000000".to_owned(),
            user: LOCAL.to_owned(),
            user_arn: "arn:aws:iam::000000000000:user/local".to_owned(),
        })
    })
}
