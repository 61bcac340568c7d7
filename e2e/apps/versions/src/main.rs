//! Replies with its version and the message: to `ask` with a route response, to `post` with a post.

use lift_ws::{App, Route, Text};

const VERSION: u32 = 0;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lift_aws::Error> {
    let app = App::new().with_route(Route::new("ask", reply).two_way()).route("post", reply);
    lift_aws::run(app).await
}

async fn reply(Text(message): Text) -> String {
    format!("{VERSION} {message}")
}
