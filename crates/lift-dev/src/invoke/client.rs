//! The calls of a running `lift dev`: its functions, its schedules, and invocations.

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use lift_invoke::api::{ERROR_HEADER, SOURCE_HEADER};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, de::DeserializeOwned};

/// The Invoke API of a running app.
pub(super) struct RunningLambda {
    url: String,
    client: Client<HttpConnector, Full<Bytes>>,
}

/// A function of the app.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Function {
    pub(super) function_name: String,
    /// Its logical id in a template.
    #[serde(default)]
    pub(super) description: String,
    function_arn: String,
}

/// A schedule of the app.
#[derive(Debug, Deserialize)]
pub(super) struct Schedule {
    pub(super) name: String,
    /// The name of its function.
    pub(super) function: String,
}

/// What came of an invocation.
pub(super) enum Answer {
    /// The result, and the error that it means, if it means one.
    Result(Bytes, Option<String>),
    /// The function failed.
    Failed(FunctionError),
}

/// The error that a function reported, or Lambda for it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct FunctionError {
    pub(super) error_type: String,
    pub(super) error_message: String,
}

impl Function {
    /// Whether the user's `name` means it.
    pub(super) fn has_name(&self, name: &str) -> bool {
        self.function_name == name || self.description == name || self.function_arn == name
    }

    /// The name that the user knows.
    pub(super) fn user_name(&self) -> &str {
        if self.description.is_empty() { &self.function_name } else { &self.description }
    }

    pub(super) fn region(&self) -> &str {
        self.function_arn.split(':').nth(3).unwrap_or_default()
    }
}

impl RunningLambda {
    pub(super) fn new(url: String) -> Self {
        Self { url, client: Client::builder(TokioExecutor::new()).build_http() }
    }

    pub(super) async fn functions(&self) -> Result<Vec<Function>> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Functions {
            functions: Vec<Function>,
        }
        Ok(self.get::<Functions>("/2015-03-31/functions").await?.functions)
    }

    pub(super) async fn schedules(&self) -> Result<Vec<Schedule>> {
        #[derive(Deserialize)]
        struct Schedules {
            schedules: Vec<Schedule>,
        }
        Ok(self.get::<Schedules>("/_lift/schedules").await?.schedules)
    }

    /// Invokes a function, and waits for its result. `source` is the event's, if it is not the caller's own.
    pub(super) async fn invoke(
        &self,
        function: &Function,
        event: Bytes,
        source: Option<&'static str>,
    ) -> Result<Answer> {
        let path = format!("/2015-03-31/functions/{}/invocations", encode(&function.function_name));
        let mut request = Request::post(format!("{}{path}", self.url));
        if let Some(source) = source {
            request = request.header(SOURCE_HEADER, source);
        }
        self.answer(request.body(Full::new(event))?).await
    }

    /// Fires a schedule, and waits for the result of its function.
    pub(super) async fn fire(&self, schedule: &Schedule) -> Result<Answer> {
        let path = format!("/_lift/schedules/{}", encode(&schedule.name));
        let request = Request::post(format!("{}{path}", self.url)).body(Full::default())?;
        self.answer(request).await
    }

    async fn answer(&self, request: Request<Full<Bytes>>) -> Result<Answer> {
        let response = self.send(request).await?;
        let text = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        if text("x-amz-function-error").is_some() {
            let error = serde_json::from_slice(response.body());
            return Ok(Answer::Failed(error.unwrap_or_default()));
        }
        let error = text(ERROR_HEADER).map(str::to_owned);
        Ok(Answer::Result(response.into_body(), error))
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        let request = Request::get(format!("{}{path}", self.url)).body(Full::default())?;
        let response = self.send(request).await?;
        serde_json::from_slice(response.body()).context("the answer of `lift dev` is not its own")
    }

    async fn send(&self, mut request: Request<Full<Bytes>>) -> Result<Response<Bytes>> {
        let json = http::HeaderValue::from_static("application/json");
        request.headers_mut().insert(header::CONTENT_TYPE, json);
        let cannot = || format!("`lift dev` does not answer at {}", self.url);
        let response = self.client.request(request).await.with_context(cannot)?;
        let (head, body) = response.into_parts();
        let body = body.collect().await.with_context(cannot)?.to_bytes();
        match head.status {
            StatusCode::OK => Ok(Response::from_parts(head, body)),
            status => {
                #[derive(Default, Deserialize)]
                #[serde(rename_all = "PascalCase")]
                struct Refusal {
                    message: String,
                }
                let refusal = serde_json::from_slice::<Refusal>(&body).unwrap_or_default();
                match refusal.message.as_str() {
                    "" => bail!("`lift dev` answered {status}"),
                    message => bail!("{message}"),
                }
            }
        }
    }
}

fn encode(name: &str) -> String {
    utf8_percent_encode(name, NON_ALPHANUMERIC).to_string()
}
