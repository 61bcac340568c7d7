//! Stores connections, and replies to `hello`.

use aws_config::BehaviorVersion;
use aws_lambda_events::apigw::{ApiGatewayProxyResponse, ApiGatewayWebsocketProxyRequest};
use aws_sdk_apigatewaymanagement::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use lambda_runtime::{Error, LambdaEvent, service_fn, tracing};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let https = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let config = aws_config::defaults(BehaviorVersion::latest()).http_client(https).load().await;
    let app = App {
        table: std::env::var("TABLE")?,
        database: aws_sdk_dynamodb::Client::new(&config),
        api: aws_sdk_apigatewaymanagement::Client::new(&config),
    };
    lambda_runtime::run(service_fn(|event| app.handle(event))).await
}

struct App {
    table: String,
    database: aws_sdk_dynamodb::Client,
    api: aws_sdk_apigatewaymanagement::Client,
}

impl App {
    async fn handle(
        &self,
        event: LambdaEvent<ApiGatewayWebsocketProxyRequest>,
    ) -> Result<ApiGatewayProxyResponse, Error> {
        let context = event.payload.request_context;
        let id = context.connection_id.ok_or("the event has no connection id")?;
        match context.route_key.as_deref() {
            Some("$connect") => {
                let key = AttributeValue::S(id);
                self.database.put_item().table_name(&self.table).item("pk", key).send().await?;
            }
            Some("$disconnect") => {
                let key = AttributeValue::S(id);
                self.database.delete_item().table_name(&self.table).key("pk", key).send().await?;
            }
            Some("hello") => hello(&self.api, id).await?,
            _ => {}
        }
        let mut response = ApiGatewayProxyResponse::default();
        response.status_code = 200;
        Ok(response)
    }
}

async fn hello(api: &aws_sdk_apigatewaymanagement::Client, id: String) -> Result<(), Error> {
    api.post_to_connection().connection_id(id).data(Blob::new("hello")).send().await?;
    Ok(())
}
