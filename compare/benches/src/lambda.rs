//! The handlers on lambda_runtime, with its decoding and encoding: the whole event into
//! aws_lambda_events' types by serde_path_to_error, a tower layer, the response as JSON.

use aws_lambda_events::{
    apigw::{ApiGatewayProxyResponse, ApiGatewayWebsocketProxyRequest},
    encodings::Body,
};
use bytes::Bytes;
use lambda_runtime::{Context, Error, LambdaEvent};
use serde::de::DeserializeOwned;
use tower::{Service, ServiceBuilder, ServiceExt, util::MapRequest};

use crate::form::{Form, ORIGIN, Said};

type Event = LambdaEvent<ApiGatewayWebsocketProxyRequest>;

pub async fn message(event: Event) -> Result<ApiGatewayProxyResponse, Error> {
    let said: Said = serde_json::from_str(&event.payload.body.unwrap_or_default())?;
    let mut response = reply(200);
    response.body = Some(Body::Text(serde_json::to_string(&said)?));
    Ok(response)
}

pub async fn connect(_: Event) -> Result<ApiGatewayProxyResponse, Error> {
    Ok(reply(200))
}

pub async fn connect_reading(event: Event) -> Result<ApiGatewayProxyResponse, Error> {
    let headers = event.payload.headers;
    let known = headers.get("origin").is_some_and(|origin| origin == ORIGIN);
    Ok(reply(if known && headers.contains_key("user-agent") { 200 } else { 403 }))
}

fn reply(status: i64) -> ApiGatewayProxyResponse {
    let mut response = ApiGatewayProxyResponse::default();
    response.status_code = status;
    response
}

/// Wraps a handler in tower's cheapest layer, which does nothing.
pub fn layered<H, F>(handler: H) -> MapRequest<tower::util::ServiceFn<H>, fn(Event) -> Event>
where
    H: FnMut(Event) -> F,
    F: Future<Output = Result<ApiGatewayProxyResponse, Error>>,
{
    ServiceBuilder::new().map_request((|event| event) as fn(Event) -> Event).service_fn(handler)
}

pub(crate) fn form<S>(name: &'static str, service: S) -> Form
where
    S: Service<Event, Response = ApiGatewayProxyResponse, Error = Error> + Clone + 'static,
{
    let context = Context::default();
    Form::new(name, async move |event| {
        let event = LambdaEvent::new(decode(&event), context.clone());
        let response = service.clone().oneshot(event).await.expect("a reply");
        serde_json::to_vec(&response).expect("JSON")
    })
}

/// Decodes an event like lambda_runtime.
pub(crate) fn decode<T: DeserializeOwned>(event: &Bytes) -> T {
    let mut json = serde_json::Deserializer::from_slice(event);
    serde_path_to_error::deserialize(&mut json).expect("an event")
}
