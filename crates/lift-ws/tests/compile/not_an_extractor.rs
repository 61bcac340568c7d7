//! A plain type is no argument.

use lift_ws::App;

async fn say(text: String) -> String {
    text
}

fn main() {
    let _ = App::new().route("say", say);
}
