//! `@connections` on the wire: signed requests, hosts that are not allowed, errors by status, and
//! publishers that are built from a table and a region.

use std::{process::Stdio, sync::Arc};

use aws_config::SdkConfig;
use lift_aws::{AwsConfig, ManagementApi, publisher};
use lift_ws::{
    GlobalPublisher,
    event::Timestamp,
    publish::Recipient,
    push::{ConnectionInfo, Endpoint, Push, PushError},
    store::{MemoryStore, Row, Saved, Store},
};
use tokio::process::Command;

use crate::management::Management;

const VARIABLE: &str = "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI";

fn config() -> AwsConfig {
    AwsConfig::local("http://127.0.0.1:9", "eu-west-1")
}

fn api() -> ManagementApi {
    ManagementApi::new(&config()).expect("credentials and a region")
}

async fn healthy() -> Management {
    Management::start(|_, _| (200, "")).await
}

async fn store(endpoint: &str) -> MemoryStore {
    let store = MemoryStore::new();
    let row = Row {
        id: "R1kmxc2VNjMCFIA=".into(),
        user: Some("ana".into()),
        tenant: Some("lotus".into()),
        endpoint: endpoint.into(),
        connected_at: Timestamp::from_millis(u64::MAX / 2),
        attributes: None,
    };
    assert_eq!(store.save(&row).await.expect("save"), Saved::Stored);
    store
}

#[tokio::test]
async fn requests_are_signed_and_escaped() {
    let management = healthy().await;
    let push = api().with_allowed(&management.url);
    let to = Endpoint::from(format!("{}/prod", management.url));
    push.post(&to, &"R1km/xc2=".into(), "hällo".into()).await.expect("a post");
    push.close(&to, &"R1kmxc2VNjMCFIA=".into()).await.expect("a close");
    let seen = management.take();
    assert_eq!(seen[0].call, "POST /prod/@connections/R1km%2Fxc2%3D");
    assert_eq!(seen[0].body, "hällo");
    assert_eq!(seen[1].call, "DELETE /prod/@connections/R1kmxc2VNjMCFIA%3D");
    for seen in seen {
        let signature = &seen.authorization;
        assert!(signature.starts_with("AWS4-HMAC-SHA256 Credential=local/"), "{signature}");
        assert!(signature.contains("/eu-west-1/execute-api/aws4_request"), "{signature}");
    }
}

#[tokio::test]
async fn nothing_is_sent_to_a_host_that_is_not_allowed() {
    let (forbidden, good) = (healthy().await, healthy().await);
    let push = api().with_allowed(&good.url);
    let [bad, allowed] = [&forbidden, &good].map(|at| Endpoint::from(format!("{}/prod", at.url)));
    let error = push.post(&bad, &"a=".into(), "x".into()).await.expect_err("is not allowed");
    assert!(error.is_refused() && error.is_not_allowed(), "{error}");
    assert_eq!(error.endpoint(), Some(&bad));
    let cause = std::error::Error::source(&error).expect("a cause").to_string();
    assert!(cause.contains("not an endpoint of API Gateway in eu-west-1"), "{cause}");
    let publisher = GlobalPublisher::new(Arc::new(MemoryStore::new()), Arc::new(push));
    let to = [("a=", &bad), ("b=", &allowed), ("c=", &bad)];
    let to = to.map(|(id, at)| Recipient::from(id).with_endpoint(at.clone()));
    let report = publisher.connections(to).text("x").await.expect("a report");
    assert_eq!((report.counts.sent, report.counts.failed), (1, 2), "the others are sent");
    assert_eq!((good.take().len(), forbidden.take().len()), (1, 0));
}

#[tokio::test]
async fn statuses_become_typed_errors() {
    let management = Management::start(|_, id| match id {
        "gone" => (410, ""),
        "busy" => (429, r#"{"message":"Rate exceeded"}"#),
        "large" => (413, ""),
        "denied" => (403, r#"{"message":"Forbidden"}"#),
        "unsigned" => (401, ""),
        "bad" => (400, r#"{"message":"Invalid connectionId: bad"}"#),
        _ => (502, "upstream\nis \u{1b}[31mdown"),
    })
    .await;
    let push = api().with_allowed(&management.url);
    let to = Endpoint::from(format!("{}/prod", management.url));
    let post = async |id: &str| {
        push.post(&to, &id.into(), "x".into()).await.expect_err("is not a success")
    };
    let close = async |id: &str| push.close(&to, &id.into()).await.expect_err("is not a success");
    let info = async |id: &str| push.info(&to, &id.into()).await.expect_err("is not a success");
    let kinds = |error: &PushError| {
        [
            error.is_gone(),
            error.is_throttled(),
            error.is_too_large(),
            error.is_forbidden(),
            error.is_refused(),
        ]
        .map(u8::from)
    };
    for (id, kind) in [
        ("gone", [1, 0, 0, 0, 0]),
        ("busy", [0, 1, 0, 0, 0]),
        ("large", [0, 0, 1, 0, 0]),
        ("denied", [0, 0, 0, 1, 0]),
        ("unsigned", [0, 0, 0, 1, 0]),
        ("bad", [0, 0, 0, 0, 1]),
        ("else", [0, 0, 0, 0, 0]),
    ] {
        assert_eq!(kinds(&post(id).await), kind, "{id}");
        assert_eq!(kinds(&close(id).await), kind, "{id}");
        assert_eq!(kinds(&info(id).await), kind, "{id}");
    }
    let cause = std::error::Error::source(&post("else").await).map(ToString::to_string);
    assert_eq!(cause.as_deref(), Some(r"502 Bad Gateway  upstream\nis \e[31mdown"));
}

#[tokio::test]
async fn the_info_of_a_connection_is_decoded() {
    let management = Management::start(|_, id| match id {
        "full" => (
            200,
            r#"{"connectedAt":"2026-11-21T09:15:24.410Z","identity":{"sourceIp":"203.0.113.77",
                "userAgent":"wscat/6"},"lastActiveAt":"2026-11-21T09:15:41.873Z"}"#,
        ),
        "minimal" => (
            200,
            r#"{"connectedAt":"2026-11-21T09:15:24Z","identity":{"sourceIp":"::1"},
                "lastActiveAt":"2026-11-21T09:15:41Z"}"#,
        ),
        _ => (200, "{}"),
    })
    .await;
    let publisher = publisher("t").config(config()).store(MemoryStore::new());
    let publisher = publisher.endpoint(format!("{}/prod/", management.url)).await.unwrap();
    let full = publisher.info("full").await.expect("a response");
    let mut expected =
        ConnectionInfo::new(Timestamp::from_millis(1_795_252_524_410), "203.0.113.77");
    expected.last_active_at = Timestamp::from_millis(1_795_252_541_873);
    expected.user_agent = Some("wscat/6".to_owned());
    assert_eq!(full, expected);
    assert_eq!(publisher.info("minimal").await.expect("a response").user_agent, None);
    assert!(!publisher.info("else").await.expect_err("an invalid response").is_gone());
    assert_eq!(management.take()[0].call, "GET /prod/@connections/full");
}

#[tokio::test]
async fn a_publisher_posts_to_the_endpoint_of_configuration_row_or_api() {
    let (configured, of_row) = (healthy().await, healthy().await);
    let row = store(&format!("{}/prod", of_row.url)).await;
    let builder = || publisher("t").config(config()).store(row.clone()).allow(of_row.url.as_str());
    let publisher = builder().endpoint(format!("{}/live", configured.url)).await.unwrap();
    let report = publisher.tenant("lotus").text("x").await.expect("a report");
    assert_eq!((report.counts.sent, configured.take().len(), of_row.take().len()), (1, 1, 0));

    let publisher = builder().api("k3v9example", "prod").await.unwrap();
    let report = publisher.tenant("lotus").text("x").await.expect("a report");
    assert_eq!((report.counts.sent, of_row.take().len()), (1, 1), "a list has the row's endpoint");
    let report = publisher.connection("R1kmxc2VNjMCFIA=").text("x").await.expect("a report");
    assert_eq!((report.counts.sent, of_row.take().len()), (1, 1), "one connection's row is read");
    assert!(format!("{publisher:?}").contains(
        "fallback: Some(\"https://k3v9example.execute-api.eu-west-1.amazonaws.com/prod\")"
    ));

    let publisher = builder().await.unwrap();
    let report = publisher.connection("unknown=").text("x").await.expect("a report");
    assert_eq!(report.counts.gone, 1, "a connection without a row, and no API named");
}

/// All tests share the environment, so this one runs in another process.
#[tokio::test]
async fn the_endpoint_of_the_environment_is_preferred() {
    if std::env::var(VARIABLE).is_err() {
        let named = healthy().await;
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "push::the_endpoint_of_the_environment_is_preferred"])
            .env(VARIABLE, format!("{}/env", named.url))
            .stdout(Stdio::null())
            .status();
        assert!(child.await.unwrap().success());
        let calls: Vec<String> = named.take().into_iter().map(|seen| seen.call).collect();
        assert_eq!(calls, ["POST /env/@connections/R1kmxc2VNjMCFIA%3D"]);
        return;
    }
    let other = healthy().await;
    let store = store(&format!("{}/prod", other.url)).await;
    let builder = publisher("t").config(config()).store(store).allow(other.url.as_str());
    let publisher = builder.endpoint(format!("{}/live", other.url)).await.unwrap();
    let report = publisher.tenant("lotus").text("x").await.expect("a report");
    assert_eq!((report.counts.sent, other.take().len()), (1, 0));
}

#[tokio::test]
async fn a_table_and_a_region_are_enough() {
    let config = SdkConfig::from(config()).into_builder().region(None).build();
    let error = publisher("t").config(config.clone()).await.expect_err("there is no region");
    assert_eq!(error.to_string(), "AWS_REGION is not set");
    assert!(error.is_configuration() && !error.is_runtime_api());
    let publisher = publisher("t").config(config).region("eu-central-1").await.unwrap();
    let to = [Recipient::from("a=").with_endpoint("https://evil.example/prod")];
    let report = publisher.connections(to).text("x").await.expect("a report");
    assert_eq!(report.counts.failed, 1, "evil.example is not allowed");
}
