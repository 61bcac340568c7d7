//! An error of which nobody said what a client is told.

use lift_ws::App;

async fn read() -> Result<String, std::io::Error> {
    std::fs::read_to_string("notes")
}

fn main() {
    let _ = App::new().route("read", read);
}
