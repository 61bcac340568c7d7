//! The same app in the two API styles (forms), typed and HTTP-style: the same events give the same replies, frames
//! and rows.

use lift_ws::{
    Accept, App, Connection, Error, Json, Publisher, Query, Refuse,
    http::{Request, Response},
    test::Kit,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Deserialize)]
struct Hello {
    name: Option<String>,
}

#[derive(Deserialize, Serialize)]
struct Say {
    text: String,
}

fn typed() -> App {
    App::new()
        .connect(async |Query(hello): Query<Hello>| match hello.name.as_deref() {
            Some("eve") => Err(Refuse::forbidden("eve may not connect")),
            Some(name) => Ok(Accept::user(name).tenant("general")),
            None => Err(Refuse::unauthorized("name is required")),
        })
        .disconnect(async |who: Connection, publish: Publisher| -> Result<(), Error> {
            publish.own_tenant().text(format!("{} left", who.user().unwrap())).await?;
            Ok(())
        })
        .route("say", async |publish: Publisher, Json(said): Json<Say>| -> Result<(), Error> {
            publish.own_tenant().json(&said).await?;
            Ok(())
        })
        .route("ask", async || Json(json!({"answer": 42})))
        .default_route(async || Error::new("unknown_action", "No such action"))
}

fn http_style() -> App {
    let connect = async |request: Request| match request.query("name")?.as_deref() {
        Some("eve") => Ok(Response::new(403)),
        Some(name) => Ok(Response::ok().user(name).tenant("general")),
        None => Ok(Response::new(401)),
    };
    let disconnect = async |request: Request| {
        let left = format!("{} left", request.connection().await?.user().unwrap());
        request.publisher().await?.own_tenant().text(left).await?;
        Ok(Response::ok())
    };
    let say = async |request: Request| {
        let said: Say = request.json().await?;
        request.publisher().await?.own_tenant().json(&said).await?;
        Ok(Response::ok())
    };
    App::new()
        .handle("CONNECT", "/connect", connect)
        .handle("DISCONNECT", "/disconnect", disconnect)
        .handle("MESSAGE", "/say", say)
        .handle("MESSAGE", "/ask", async |_| Response::ok().json(&json!({"answer": 42})))
        .handle("MESSAGE", "/message", async |_| {
            Err(Error::new("unknown_action", "No such action"))
        })
}

async fn run(app: App) -> Vec<String> {
    let kit = Kit::new(app);
    let mut seen = Vec::new();
    for query in ["", "name=eve"] {
        seen.push(kit.connect(query).await.expect_err("is refused").status.to_string());
    }
    let ana = kit.connect("name=ana").await.unwrap();
    let bob = kit.connect("name=bob").await.unwrap();
    for text in [
        r#"{"action":"say","text":"hi"}"#,
        r#"{"action":"say"}"#,
        r#"{"action":"ask"}"#,
        r#"{"action":"dance"}"#,
        "no JSON",
    ] {
        ana.send(text).await;
        seen.extend(ana.received());
        seen.extend(bob.received());
    }
    bob.close().await;
    seen.extend(ana.received());
    seen
}

#[tokio::test]
async fn both_forms_give_the_same_results() {
    let typed_form = run(typed()).await;
    assert_eq!(typed_form, run(http_style()).await);
    assert_eq!(typed_form.len(), 2 + 2 + 4 + 1, "{typed_form:?}");
}

#[test]
#[should_panic(expected = "GET /say is not a route")]
fn other_methods_are_refused_when_the_app_is_built() {
    let _ = App::new().handle("GET", "/say", async |_| Ok(Response::ok()));
}
