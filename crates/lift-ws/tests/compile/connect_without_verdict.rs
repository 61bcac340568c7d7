//! Nobody is let in by forgetting to decide.

use lift_ws::App;

async fn connect() {}

fn main() {
    let _ = App::new().connect(connect);
}
