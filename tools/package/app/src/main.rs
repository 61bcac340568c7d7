//! Greets a client by the name that it connected with.

use lift_ws::{Accept, App, Connection, Json, Query, Refuse};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Hello {
    name: String,
}

#[derive(Deserialize)]
struct Greet {
    text: String,
}

#[derive(Serialize)]
struct Greeting {
    greeting: String,
}

async fn connect(Query(hello): Query<Hello>) -> Result<Accept, Refuse> {
    if hello.name.is_empty() {
        return Err(Refuse::unauthorized("name is required"));
    }
    Ok(Accept::user(hello.name))
}

async fn greet(connection: Connection, Json(greet): Json<Greet>) -> Json<Greeting> {
    let name = connection.user().map_or("unknown", |user| user.as_str());
    Json(Greeting { greeting: format!("{}, {name}", greet.text) })
}

fn app() -> App {
    App::new().connect(connect).route("greet", greet)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lift_aws::Error> {
    lift_aws::run(app()).await
}

#[cfg(test)]
mod tests {
    use lift_ws::test::Kit;

    #[tokio::test]
    async fn a_client_is_greeted_by_its_name() {
        let kit = Kit::new(super::app());
        let ana = kit.connect("name=ana").await.unwrap();
        ana.send(r#"{"action":"greet","text":"hello"}"#).await;
        assert_eq!(ana.received(), [r#"{"greeting":"hello, ana"}"#]);
    }
}
