//! Eight arguments at most; more go into a tuple.

use lift_ws::{App, extract::Stage};

#[rustfmt::skip]
async fn say(_: Stage, _: Stage, _: Stage, _: Stage, _: Stage, _: Stage, _: Stage, _: Stage, _: Stage) {}

fn main() {
    let _ = App::new().route("say", say);
}
