//! A handler's error type without `IntoError`.

use lift_ws::App;

async fn read() -> Result<String, std::io::Error> {
    std::fs::read_to_string("notes")
}

fn main() {
    let _ = App::new().route("read", read);
}
