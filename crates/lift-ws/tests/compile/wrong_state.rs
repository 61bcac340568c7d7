//! The type of `State` must be that of the app.

use lift_ws::{App, State};

#[derive(Clone)]
struct Settings;

async fn say(State(_): State<Settings>) {}

fn main() {
    let _ = App::new().route("say", say);
}
