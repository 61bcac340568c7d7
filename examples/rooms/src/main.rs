//! The rooms as a Lambda function. `lift dev examples/rooms` runs it on this machine.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lift_aws::MainError> {
    // `?` takes every error, so a set-up of your own that can fail goes here.
    lift_aws::run(rooms::app()).await?;
    Ok(())
}
