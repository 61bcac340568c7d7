//! The rooms as a Lambda function. `lift dev examples/rooms` runs it on this machine.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lift_aws::Error> {
    lift_aws::run(rooms::app()).await
}
