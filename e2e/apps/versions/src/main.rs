//! Answers with its version and what it was asked, by a route response and by a post.

use lift_ws::{App, Route, Text};

const VERSION: u32 = 0;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lift_aws::Error> {
    let app = App::new().with_route(Route::new("ask", answer).two_way()).route("tell", answer);
    lift_aws::run(app).await
}

async fn answer(Text(message): Text) -> String {
    format!("{VERSION} {message}")
}
