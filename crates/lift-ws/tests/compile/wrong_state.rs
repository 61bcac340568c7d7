//! The state is what the app was given.

use lift_ws::{App, State};

#[derive(Clone)]
struct Settings;

async fn say(State(_): State<Settings>) {}

fn main() {
    let _ = App::new().route("say", say);
}
