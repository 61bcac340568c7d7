//! A `$connect` handler that returns `()` does not compile.

use lift_ws::App;

async fn connect() {}

fn main() {
    let _ = App::new().connect(connect);
}
