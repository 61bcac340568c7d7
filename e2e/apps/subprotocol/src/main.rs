//! Chooses the subprotocol `chat.v2` if it is offered, and replies to `ask` with a route response.

use lift_ws::{Accept, App, Route, Text, extract::Subprotocols};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lift_aws::Error> {
    let app = App::new()
        .connect(connect)
        .with_route(Route::new("ask", ask).two_way())
        .route("post", post);
    lift_aws::run(app).await
}

async fn connect(offers: Subprotocols) -> Accept {
    match offers.first_of(&["chat.v2"]) {
        Some(chosen) => Accept::anonymous().subprotocol(chosen),
        None => Accept::anonymous(),
    }
}

/// A route response: the reply's body goes back without a post.
async fn ask(Text(question): Text) -> String {
    format!("asked {question}")
}

/// A one-way route: the reply is posted to the sender.
async fn post(Text(news): Text) -> String {
    format!("posted {news}")
}
