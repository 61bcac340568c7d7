//! `$connect` has no body.

use lift_ws::{Accept, App, Json};

#[derive(serde::Deserialize)]
struct Hello {
    name: String,
}

async fn connect(Json(hello): Json<Hello>) -> Accept {
    Accept::user(hello.name)
}

fn main() {
    let _ = App::new().connect(connect);
}
