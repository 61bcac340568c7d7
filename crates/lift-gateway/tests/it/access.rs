//! Signatures and API keys at `$connect`; signatures and tokens at `@connections`.

use bytes::Bytes;
use lift_event::EventKind;
use lift_gateway::{
    ApiKey, ApiKeySource, ApiKeys, Authorization, Authorizer, Caller, ConnectionsAccess, Rate,
    Settings, SignatureRejection, Signatures, SignedRequest, Undocumented,
};
use serde_json::json as value;
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Error, client::IntoClientRequest, handshake::client::Request},
};

use crate::api::*;

fn settings() -> Settings {
    Settings { stage: "prod".into(), routes: routes(), ..Settings::default() }
}

/// A test signature: `good` and the length of the body.
fn signatures() -> Signatures {
    Signatures::new(|request: &SignedRequest<'_>| {
        let good = format!("good {}", request.body.len());
        match request.headers.get("authorization") {
            Some(received) if *received == *good => Ok(Caller {
                access_key: "AKID".into(),
                account_id: "111122223333".into(),
                user: "AIDA".into(),
                user_arn: "arn:aws:iam::111122223333:user/ana".into(),
            }),
            _ => Err(SignatureRejection {
                kind: "InvalidSignatureException",
                message: "No match".into(),
            }),
        }
    })
}

fn request(api: &TestGateway, headers: &[(&'static str, &str)]) -> Request {
    let mut request = api.url().into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    request
}

#[tokio::test]
async fn a_signed_handshake_adds_the_caller_to_events() {
    let authorization = Authorization::Iam(signatures());
    let api =
        TestGateway::settings(Settings { authorization, ..settings() }, |_| async { ok() }).await;
    match within(connect_async(request(&api, &[("authorization", "bad")]))).await {
        Err(Error::Http(response)) => {
            assert_eq!(response.status(), 403);
            assert_eq!(response.headers()["x-amzn-errortype"], "InvalidSignatureException");
            assert_eq!(response.body().as_deref(), Some(&br#"{"message":"No match"}"#[..]));
        }
        other => panic!("not refused: {other:?}"),
    }
    let good = request(&api, &[("authorization", "good 0")]);
    let (mut client, _) = within(connect_async(good)).await.unwrap();
    let connect = api.event(EventKind::Connect).await;
    send(&mut client, "x").await;
    let message = api.event(EventKind::Message).await;
    within(client.close(None)).await.unwrap();
    for event in [connect, message, api.event(EventKind::Disconnect).await] {
        let expected = value!({
            "accessKey": "AKID",
            "accountId": "111122223333",
            "caller": "AIDA",
            "user": "AIDA",
            "userArn": "arn:aws:iam::111122223333:user/ana",
            "sourceIp": "127.0.0.1",
        });
        assert_eq!(json(event.payload())["requestContext"]["identity"], expected);
    }
}

fn keys(source: ApiKeySource) -> Option<ApiKeys> {
    let key = |id: &str, value: &str, rate| ApiKey { id: id.into(), value: value.into(), rate };
    let once = Some(Rate { per_second: 0.001, burst: 1 });
    Some(ApiKeys { keys: vec![key("1", "one", None), key("2", "two", once)], source })
}

#[tokio::test]
async fn a_handshake_needs_a_known_api_key() {
    for (api_key_status, expected) in [(403, "Forbidden"), (401, "Unauthorized")] {
        let undocumented = Undocumented { api_key_status, ..Undocumented::default() };
        let api_keys = keys(ApiKeySource::Header);
        let settings = Settings { api_keys, undocumented, ..settings() };
        let api = TestGateway::settings(settings, |_| async { ok() }).await;
        let body = format!(r#"{{"message":"{expected}"}}"#);
        for headers in [&[][..], &[("x-api-key", "three")], &[("x-api-key", "")]] {
            let refused = refused(request(&api, headers)).await;
            assert_eq!(refused, (api_key_status, body.clone()), "{headers:?}");
        }
        within(connect_async(request(&api, &[("x-api-key", "one")]))).await.unwrap();
        let event = json(api.event(EventKind::Connect).await.payload());
        let expected = value!({ "apiKey": "one", "apiKeyId": "1", "sourceIp": "127.0.0.1" });
        assert_eq!(event["requestContext"]["identity"], expected);
        // The second key's usage plan allows one connection.
        let two = || request(&api, &[("x-api-key", "two")]);
        within(connect_async(two())).await.unwrap();
        assert_eq!(refused(two()).await.0, 429);
    }
}

#[tokio::test]
async fn an_authorizer_may_return_the_api_key() {
    for (key, status) in [("one", 101), ("three", 403)] {
        let authorizer = Authorizer::function(move |_: Bytes| async move {
            let statement = value!({ "Action": "*", "Effect": "Allow", "Resource": "*" });
            let response = value!({
                "principalId": "p",
                "policyDocument": { "Statement": [statement] },
                "usageIdentifierKey": key,
            });
            Ok(response.to_string().into())
        });
        let settings = Settings {
            authorization: Authorization::Lambda(authorizer),
            api_keys: keys(ApiKeySource::Authorizer),
            ..settings()
        };
        let api = TestGateway::settings(settings, |_| async { ok() }).await;
        match status {
            101 => drop(api.connect().await),
            _ => assert_eq!(api.refused("/prod").await.0, status),
        }
    }
}

async fn manage(api: &TestGateway, id: &str, authorization: Option<&str>) -> (u16, String, String) {
    let path = format!("/prod/@connections/{id}");
    let headers: Vec<_> = authorization.map(|value| ("authorization", value)).into_iter().collect();
    let response = http(api.address, "POST", &path, &headers, "12345").await;
    let body = String::from_utf8(response.body().to_vec()).unwrap();
    (response.status().as_u16(), header(&response, "x-amzn-errortype").to_owned(), body)
}

#[tokio::test]
async fn calls_of_connections_need_the_configured_token_or_signature() {
    let missing = r#"{"message":"Missing Authentication Token"}"#;
    let forbidden = r#"{"message":"Forbidden"}"#;
    let no_match = r#"{"message":"No match"}"#;
    type Row<'a> = (bool, bool, Option<&'a str>, (u16, &'a str, &'a str));
    let table: &[Row<'_>] = &[
        (false, false, None, (200, "", "")),
        (false, false, Some("anything"), (200, "", "")),
        (true, false, None, (403, "MissingAuthenticationTokenException", missing)),
        (true, false, Some("good 5"), (403, "MissingAuthenticationTokenException", missing)),
        (true, false, Some("Bearer no"), (403, "ForbiddenException", forbidden)),
        (true, false, Some("Bearer secret2"), (403, "ForbiddenException", forbidden)),
        (true, false, Some("Bearer secret"), (200, "", "")),
        (false, true, Some("good 5"), (200, "", "")),
        (false, true, Some("good 4"), (403, "InvalidSignatureException", no_match)),
        (false, true, None, (403, "InvalidSignatureException", no_match)),
        (false, true, Some("Bearer secret"), (403, "InvalidSignatureException", no_match)),
        (true, true, Some("Bearer secret"), (200, "", "")),
        (true, true, Some("good 5"), (200, "", "")),
        (true, true, None, (403, "InvalidSignatureException", no_match)),
    ];
    for (token, signed, authorization, (status, kind, body)) in table {
        let connections = ConnectionsAccess {
            token: token.then(|| "secret".to_owned()),
            signatures: signed.then(signatures),
            ..ConnectionsAccess::default()
        };
        assert!(!format!("{connections:?}").contains("secret"));
        let settings = Settings { connections, ..settings() };
        let api = TestGateway::settings(settings, |_| async { ok() }).await;
        let (mut client, id) = api.connect_with_id().await;
        let expected = (*status, (*kind).to_owned(), (*body).to_owned());
        assert_eq!(
            manage(&api, &id, *authorization).await,
            expected,
            "{token} {signed} {authorization:?}"
        );
        if *status == 200 {
            assert_eq!(text(&mut client).await, "12345");
        }
        // A caller without access learns nothing of ids.
        let (unknown, _, _) = manage(&api, "R1kmxc2VNjMCFIA=", *authorization).await;
        assert_eq!(unknown, if *status == 200 { 410 } else { 403 });
        let (malformed, _, _) = manage(&api, "x", *authorization).await;
        assert_eq!(malformed, if *status == 200 { 400 } else { 403 });
    }
}
