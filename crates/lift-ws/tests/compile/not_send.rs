//! A handler may not hold a value that is not `Send` while it awaits.

use std::rc::Rc;

use lift_ws::{App, Publisher};

async fn say(publish: Publisher) {
    let text = Rc::new("hello".to_owned());
    let _ = publish.own_tenant().text(text.as_str()).await;
    drop(text);
}

fn main() {
    let _ = App::new().route("say", say);
}
