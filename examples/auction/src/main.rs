//! The auction as a Lambda function. `lift dev examples/auction` runs it on this machine.

use auction::DynamoPrices;
use lift_ws::App;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lift_aws::Error> {
    // The state is made before the first event, and not to describe the app.
    let app = App::with_state_from(DynamoPrices::of_function);
    lift_aws::run(auction::routes(app)).await
}
