//! A handler is an async function.

use lift_ws::{App, Text};

fn say(Text(text): Text) -> String {
    text
}

fn main() {
    let _ = App::new().route("say", say);
}
