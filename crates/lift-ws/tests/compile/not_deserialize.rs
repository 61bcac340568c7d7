//! A payload must be readable from JSON.

use lift_ws::{App, Json};

struct Say {
    text: String,
}

async fn say(Json(said): Json<Say>) -> String {
    said.text
}

fn main() {
    let _ = App::new().route("say", say);
}
