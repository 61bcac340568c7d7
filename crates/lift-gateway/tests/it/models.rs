//! Models of routes: an invalid message gets "Bad request body" and invokes no function.

use lift_event::{EventKind, Reply};
use lift_gateway::{BadBodyFrame, Models, Settings, Undocumented};

use crate::api::*;

async fn api(models: Models, bad_body: BadBodyFrame) -> TestGateway {
    let undocumented = Undocumented { bad_body, ..Undocumented::default() };
    let routes = routes().with_models("two", models);
    let settings = Settings { stage: "prod".into(), routes, undocumented, ..Settings::default() };
    TestGateway::settings(settings, |event| async move {
        Ok(Reply::new(200).with_body(event.route_key().to_owned()).encode().into())
    })
    .await
}

fn has(name: &'static str) -> impl Fn(&str) -> Result<(), String> + Send + Sync {
    move |text| match json(text).get(name) {
        Some(_) => Ok(()),
        None => Err(format!("{name} is missing")),
    }
}

#[tokio::test]
async fn a_message_that_fails_its_model_gets_a_bad_request_body_frame() {
    for bad_body in [BadBodyFrame::Documented, BadBodyFrame::LikeOthers] {
        let api = api(Models::one(has("x")), bad_body).await;
        let (mut client, id) = api.connect_with_id().await;
        send(&mut client, r#"{"action":"two"}"#).await;
        let frame = text(&mut client).await;
        let expected = match bad_body {
            BadBodyFrame::Documented => {
                let message = json(&frame)["messageId"].as_str().unwrap().to_owned();
                assert_eq!(message.len(), 16);
                format!(
                    r#"{{"message" : "Bad request body", "connectionId": "{id}", "messageId": "{message}"}}"#
                )
            }
            _ => {
                let request = json(&frame)["requestId"].as_str().unwrap().to_owned();
                format!(
                    r#"{{"message": "Bad request body", "connectionId":"{id}", "requestId":"{request}"}}"#
                )
            }
        };
        assert_eq!(frame, expected);
        // Valid messages pass, and messages of routes without a model.
        for (message, route) in [(r#"{"action":"two","x":1}"#, "two"), ("x", "$default")] {
            send(&mut client, message).await;
            assert_eq!(text(&mut client).await, route);
        }
        let first = api.event(EventKind::Message).await;
        assert_eq!(
            first.text(),
            Some(r#"{"action":"two","x":1}"#),
            "the function did not get the invalid message"
        );
    }
}

#[tokio::test]
async fn a_message_selects_its_model() {
    let models = || {
        let models = Models::new("$request.body.kind".parse().unwrap());
        models.with_model("a", has("x")).with_model("b", has("y"))
    };
    for (models, table) in [
        (models(), [("a", "x", true), ("a", "y", false), ("b", "y", true), ("c", "x", false)]),
        (
            models().with_model("$default", has("z")),
            [("a", "z", false), ("b", "y", true), ("c", "z", true), ("c", "x", false)],
        ),
    ] {
        let api = api(models, BadBodyFrame::Documented).await;
        let mut client = api.connect().await;
        for (kind, name, passes) in table {
            send(&mut client, format!(r#"{{"action":"two","kind":"{kind}","{name}":1}}"#)).await;
            assert_eq!(text(&mut client).await == "two", passes, "{kind} {name}");
        }
    }
}

#[test]
#[should_panic(expected = "there is no route `x`")]
fn models_need_an_existing_route() {
    let _ = routes().with_models("x", Models::one(|_| Ok(())));
}
