//! The Lambda loop in another process: one event at a time, or as many as AWS_LAMBDA_MAX_CONCURRENCY allows.

use std::{
    collections::{BTreeMap, VecDeque},
    convert::Infallible,
    net::SocketAddr,
    process::Stdio,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use lift_ws::{App, Text};
use serde_json::Value;
use tokio::{
    net::TcpListener,
    process::{Child, Command},
    sync::{Barrier, Notify},
    time::timeout,
};

const EVENT: &str = include_str!("../../../lift-event/fixtures/message-json-body.json");

/// More events than can overlap by chance.
const AT_ONCE: usize = 64;

/// Not a test: the process that the tests start.
#[tokio::test]
#[ignore = "runs only as a function"]
async fn function() {
    // No event gets a reply before all are running, so without concurrency this never ends.
    let all = Arc::new(Barrier::new(AT_ONCE));
    let wait_for_all = move |Text(text): Text| {
        let all = all.clone();
        async move {
            all.wait().await;
            text
        }
    };
    let running = Arc::new(AtomicUsize::new(0));
    let count_running = move || {
        let running = running.clone();
        async move {
            let count = running.fetch_add(1, Ordering::SeqCst) + 1;
            tokio::time::sleep(Duration::from_millis(5)).await;
            running.fetch_sub(1, Ordering::SeqCst);
            count.to_string()
        }
    };
    let app = App::new()
        .two_way()
        .unmanaged()
        .route("wait_for_all", wait_for_all)
        .route("count_running", count_running);
    lift_aws::run(app).await.expect("the Runtime API");
}

/// The part of the Runtime API that the loop needs.
#[derive(Default)]
struct RuntimeApi {
    events: Mutex<VecDeque<(usize, String)>>,
    /// The bodies of the replies, by the number of the event.
    replies: Mutex<BTreeMap<usize, String>>,
    replied: Notify,
}

impl RuntimeApi {
    /// Responds to `GET next` while there are events, and then never. Accepts `POST
    /// response`.
    async fn respond(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let path = request.uri().path().to_owned();
        let path: Vec<&str> = path.split('/').collect();
        match path.as_slice() {
            [_, _, "runtime", "invocation", "next"] => {
                let event = lock(&self.events).pop_front();
                let Some((number, event)) = event else { return std::future::pending().await };
                let deadline = SystemTime::now() + Duration::from_secs(29);
                let deadline = deadline.duration_since(UNIX_EPOCH).expect("after 1970").as_millis();
                Response::builder()
                    .header("lambda-runtime-aws-request-id", number)
                    .header("lambda-runtime-deadline-ms", deadline.to_string())
                    .header("lambda-runtime-invoked-function-arn", "arn:aws:lambda:::function:f")
                    .body(event.into())
                    .expect("a response")
            }
            [_, _, "runtime", "invocation", number, "response"] => {
                let number = number.parse().expect("the number of an event");
                let body = request.into_body().collect().await.expect("a body").to_bytes();
                let reply: Value = serde_json::from_slice(&body).expect("a reply");
                let reply = reply["body"].as_str().expect("a text").to_owned();
                assert_eq!(lock(&self.replies).insert(number, reply), None, "one reply for each");
                self.replied.notify_one();
                Response::builder().status(202).body(Full::default()).expect("a response")
            }
            other => panic!("the loop called {other:?}"),
        }
    }

    async fn serve(self: Arc<Self>, listener: TcpListener) {
        while let Ok((socket, _)) = listener.accept().await {
            let api = self.clone();
            let service = service_fn(move |request| {
                let api = api.clone();
                async move { Ok::<_, Infallible>(api.respond(request).await) }
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(socket), service));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the replies to events for one route. Each event has its number as the body.
async fn replies(route_key: &str, concurrency: Option<usize>) -> BTreeMap<usize, String> {
    let event = |number: usize| {
        let mut event: Value = serde_json::from_str(EVENT).expect("a fixture");
        event["requestContext"]["routeKey"] = route_key.into();
        event["body"] = number.to_string().into();
        (number, event.to_string())
    };
    let api = Arc::new(RuntimeApi {
        events: Mutex::new((0..AT_ONCE).map(event).collect()),
        ..RuntimeApi::default()
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let serving = tokio::spawn(api.clone().serve(listener));
    let mut process = start(address, concurrency);
    let all = async {
        while lock(&api.replies).len() < AT_ONCE {
            api.replied.notified().await;
        }
    };
    timeout(Duration::from_secs(30), all).await.expect("every event gets a reply");
    process.kill().await.expect("it runs");
    serving.abort();
    std::mem::take(&mut *lock(&api.replies))
}

fn start(api: SocketAddr, concurrency: Option<usize>) -> Child {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command
        .args(["--exact", "concurrency::function", "--ignored"])
        .env("AWS_LAMBDA_RUNTIME_API", api.to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", "f")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env_remove("AWS_LAMBDA_MAX_CONCURRENCY")
        .env_remove("LIFT_DESCRIBE")
        .envs(concurrency.map(|count| ("AWS_LAMBDA_MAX_CONCURRENCY", count.to_string())))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    command.spawn().expect("it starts")
}

#[tokio::test]
async fn a_process_handles_as_many_concurrent_events_as_lambda_allows() {
    let replies = replies("wait_for_all", Some(AT_ONCE)).await;
    let expected = (0..AT_ONCE).map(|number| (number, number.to_string())).collect();
    assert_eq!(replies, expected, "each event has its own reply");
}

#[tokio::test]
async fn a_process_handles_one_event_at_a_time_by_default() {
    let replies = replies("count_running", None).await;
    assert!(replies.values().all(|running| running == "1"), "{replies:?}");
}
