//! Stores connections, and replies to `hello`.

use lift_ws::{Accept, App};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lift_aws::Error> {
    let app = App::new().connect(async || Accept::anonymous()).route("hello", hello);
    lift_aws::run(app).await
}

async fn hello() -> &'static str {
    "hello"
}
