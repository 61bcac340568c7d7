//! The chat as a Lambda function. `lift dev examples/chat` runs it on this machine.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lift_aws::Error> {
    lift_aws::run(chat::app()).await
}
