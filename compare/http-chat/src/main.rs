//! The chat in the HTTP-style form as a Lambda function.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lift_aws::Error> {
    lift_aws::run(chat::app()).await
}
