//! A type of the app is a reply only as `Json`.

use lift_ws::{App, Error};

#[derive(serde::Serialize)]
struct Sum {
    value: i64,
}

async fn sum() -> Result<Sum, Error> {
    Ok(Sum { value: 3 })
}

fn main() {
    let _ = App::new().route("sum", sum);
}
