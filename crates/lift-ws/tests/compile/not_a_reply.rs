//! A number is not a reply.

use lift_ws::{App, Text};

async fn count(Text(text): Text) -> usize {
    text.len()
}

fn main() {
    let _ = App::new().route("count", count);
}
