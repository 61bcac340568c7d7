//! A type without `FromCall` is not an argument.

use lift_ws::App;

async fn say(text: String) -> String {
    text
}

fn main() {
    let _ = App::new().route("say", say);
}
