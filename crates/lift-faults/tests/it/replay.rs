//! Links in memory with a paused clock: the same seed gives the same faults.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use lift_faults::{FaultReport, Faults, Link, Reset, UpstreamError};
use tokio::time::{Instant, timeout};

const PLAN: &str = "
    [[fault]]
    api = 'connections'
    kind = 'delay'
    ms = '0..900'
    share = 0.4

    [[fault]]
    api = 'connections'
    operation = 'post'
    kind = 'throttle'
    share = 0.2

    [[fault]]
    api = 'connections'
    kind = 'reset'
    lost = 'answer'
    share = 0.1

    [[fault]]
    api = 'connections'
    kind = 'hang'
    share = 0.05
";

fn post(number: u32) -> Request<Bytes> {
    let uri = format!("/local/@connections/c{}=", number % 7);
    Request::post(uri).body(Bytes::from(number.to_string())).expect("a request")
}

/// The faults of 200 posts, the requests that reached the API, and the time that it took.
async fn run(seed: u64) -> (FaultReport, Vec<Bytes>, Duration) {
    let arrived = Arc::new(Mutex::new(Vec::new()));
    let api = {
        let arrived = arrived.clone();
        move |request: Request<Bytes>| {
            arrived.lock().expect("no panic").push(request.into_body());
            async { Ok::<_, UpstreamError>(Response::new(Bytes::new())) }
        }
    };
    let faults = Faults::new(PLAN.parse::<lift_faults::Plan>().expect("a plan").with_seed(seed));
    let link = Link::connections(&faults, api);
    let start = Instant::now();
    for number in 0..200 {
        let _ = timeout(Duration::from_secs(3), link.call(post(number))).await;
    }
    let arrived = arrived.lock().expect("no panic").clone();
    (faults.report(), arrived, start.elapsed())
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_faults() {
    let first = run(41).await;
    assert_eq!(first, run(41).await, "seed 41");
    let other = run(42).await.0;
    assert!(!first.0.faults().eq(other.faults()), "seeds differ");
    let report = first.0.to_string();
    for kind in ["delay of", "throttle", "reset, the response is lost", "hang"] {
        assert!(report.contains(kind), "{report}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_stops_waiting_does_not_cancel_its_request() {
    let arrived = Arc::new(Mutex::new(0));
    let api = {
        let arrived = arrived.clone();
        move |_| {
            *arrived.lock().expect("no panic") += 1;
            async { Ok::<_, UpstreamError>(Response::new(Bytes::new())) }
        }
    };
    let plan = "[[fault]]\napi = 'connections'\nkind = 'delay'\nms = 5000";
    let faults = Faults::new(plan.parse().expect("a plan"));
    let link = Link::connections(&faults, api);
    timeout(Duration::from_secs(1), link.call(post(1))).await.expect_err("too slow");
    assert_eq!(*arrived.lock().expect("no panic"), 0);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(*arrived.lock().expect("no panic"), 1);
}

#[tokio::test]
async fn an_unreachable_api_is_a_reset() {
    let api = |_| async { Err::<Response<Bytes>, UpstreamError>("connection refused".into()) };
    let link = Link::connections(&Faults::new(lift_faults::Plan::default()), api);
    assert_eq!(link.call(post(1)).await.expect_err("no response"), Reset);
}

#[test]
#[should_panic(expected = "needs a link with copies")]
fn lag_without_copies_panics() {
    let plan = "[[fault]]\napi = 'dynamodb'\nkind = 'index-lag'\nms = 5";
    let api = |_| async { Ok::<_, UpstreamError>(Response::new(Bytes::new())) };
    let _ = Link::dynamodb(&Faults::new(plan.parse().expect("a plan")), api);
}
