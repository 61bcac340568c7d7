//! A `Publisher` cannot be extracted in `$connect`.

use lift_ws::{Accept, App, Publisher};

async fn connect(publish: Publisher) -> Accept {
    let _ = publish.own_tenant().text("hello").await;
    Accept::anonymous()
}

fn main() {
    let _ = App::new().connect(connect);
}
