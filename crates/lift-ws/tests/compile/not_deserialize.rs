//! The type of a payload must be `Deserialize`.

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
