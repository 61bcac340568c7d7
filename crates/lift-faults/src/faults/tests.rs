//! Decisions, without sending requests.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use proptest::prelude::*;
use tokio::time::advance;

use super::{Faults, hits};
use crate::{
    call::Call,
    plan::{Api, Frequency},
};

fn call(operation: &str) -> Call {
    let request = Request::post("/")
        .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
        .body(Bytes::from_static(br#"{"TableName":"t","Item":{"pk":{"S":"CONNECTION#a"}}}"#));
    Call::read(Api::DynamoDb, &request.expect("a request")).expect("an operation")
}

fn faults(plan: &str) -> Faults {
    Faults::new(plan.parse().expect("a plan"))
}

/// The numbers of the requests, of `count`, that get a fault of `plan`.
fn fallen(plan: &str, operation: &str, count: u64) -> Vec<u64> {
    let faults = faults(plan);
    for _ in 0..count {
        faults.decide(Api::DynamoDb, &call(operation));
    }
    faults.report().faults().map(|fault| fault.request).collect()
}

#[test]
fn nth_is_exact() {
    let plan = |nth: &str| format!("[[fault]]\napi = 'dynamodb'\nkind = 'throttle'\nnth = {nth}");
    assert_eq!(fallen(&plan("3"), "PutItem", 10), [3]);
    assert_eq!(fallen(&plan("[3, '6..8']"), "PutItem", 10), [3, 6, 7, 8]);
    assert_eq!(fallen(&plan("'9..'"), "PutItem", 10), [9, 10]);
}

#[test]
fn operations_are_counted_separately() {
    let faults = faults("[[fault]]\napi = 'dynamodb'\nkind = 'throttle'\nnth = 2");
    for operation in ["PutItem", "Query", "Query", "PutItem", "Query"] {
        faults.decide(Api::DynamoDb, &call(operation));
    }
    let report = faults.report();
    let fallen: Vec<_> = report.faults().map(|fault| (&*fault.operation, fault.request)).collect();
    assert_eq!(fallen, [("Query", 2), ("PutItem", 2)]);
}

#[test]
fn an_item_is_counted_separately_and_matched_by_its_start() {
    let plan = |item: &str| {
        format!("[[fault]]\napi = 'dynamodb'\nitem = '{item}'\nkind = 'reset'\nnth = 1")
    };
    assert_eq!(fallen(&plan("CONNECTION#a"), "PutItem", 2), [1]);
    assert_eq!(fallen(&plan("CONN*"), "PutItem", 2), [1]);
    assert!(fallen(&plan("CONN"), "PutItem", 2).is_empty());
}

#[test]
fn delays_add_up_and_of_the_others_the_first_counts() {
    let faults = faults(
        "[[fault]]\napi = 'dynamodb'\nkind = 'delay'\nms = 20
         [[fault]]\napi = 'dynamodb'\nkind = 'reset'
         [[fault]]\napi = 'dynamodb'\nkind = 'hang'
         [[fault]]\napi = 'dynamodb'\nkind = 'delay'\nms = 30",
    );
    let decision = faults.decide(Api::DynamoDb, &call("PutItem"));
    assert_eq!(decision.delay.as_millis(), 50);
    let report = faults.report().to_string();
    assert_eq!(
        report,
        "seed 0, 3 faults\n\
         fault 1: delay of 20 ms, on dynamodb PutItem 1 (t), by entry 1\n\
         fault 2: reset, the request is lost, on dynamodb PutItem 1 (t), by entry 2\n\
         fault 3: delay of 30 ms, on dynamodb PutItem 1 (t), by entry 4"
    );
}

#[tokio::test(start_paused = true)]
async fn a_window_opens_and_closes() {
    let faults = faults("[[fault]]\napi = 'dynamodb'\nkind = 'hang'\nafter = 10\nfor = 5.5");
    let mut fallen = Vec::new();
    for millis in [9_999, 1, 5_499, 1] {
        advance(Duration::from_millis(millis)).await;
        fallen.push(faults.decide(Api::DynamoDb, &call("Query")).effect.is_some());
    }
    assert_eq!(fallen, [false, true, true, false]);
}

#[tokio::test(start_paused = true)]
async fn outside_the_window_requests_are_counted() {
    let faults = faults("[[fault]]\napi = 'dynamodb'\nkind = 'hang'\nafter = 10\nnth = 2");
    assert!(faults.decide(Api::DynamoDb, &call("Query")).effect.is_none());
    advance(Duration::from_secs(10)).await;
    assert!(faults.decide(Api::DynamoDb, &call("Query")).effect.is_some());
}

#[test]
fn each_fault_has_its_operations() {
    let counts = |kind: &str, operation: &str| {
        let plan = format!("[[fault]]\napi = 'dynamodb'\n{kind}");
        fallen(&plan, operation, 1).len()
    };
    assert_eq!(counts("kind = 'stale'\nms = 5", "GetItem"), 1);
    assert_eq!(counts("kind = 'stale'\nms = 5", "PutItem"), 0);
    assert_eq!(counts("kind = 'index-lag'\nms = 5", "PutItem"), 1);
    assert_eq!(counts("kind = 'index-lag'\nms = 5", "Query"), 0);
    assert_eq!(counts("kind = 'duplicate'", "GetItem"), 0);
    assert_eq!(counts("kind = 'throttle'", "DescribeTable"), 0);
    let reads = "kind = 'throttle'\nreason = 'TableReadAccountLimitExceeded'";
    assert_eq!((counts(reads, "GetItem"), counts(reads, "PutItem")), (1, 0));
}

proptest! {
    #[test]
    fn the_same_seed_decides_the_same(seed: u64, share in 0.0..1.0, requests in 1..200_u64) {
        let seed = seed >> 1;
        let plan = format!(
            "seed = {seed}\n[[fault]]\napi = 'dynamodb'\nkind = 'delay'\nms = '0..1000'\nshare = {share:?}
             [[fault]]\napi = 'dynamodb'\nkind = 'hang'\nms = '0..1000'\nshare = {share:?}"
        );
        let run = |order: &[&str]| {
            let faults = faults(&plan);
            for _ in 0..requests {
                for operation in order {
                    faults.decide(Api::DynamoDb, &call(operation));
                }
            }
            let mut all: Vec<_> = faults
                .report()
                .faults()
                .map(|fault| (fault.operation.clone(), fault.request, fault.entry, fault.what.clone()))
                .collect();
            all.sort();
            all
        };
        // Another interleaving of the operations changes nothing for each of them.
        prop_assert_eq!(run(&["PutItem", "Query"]), run(&["Query", "PutItem"]));
    }

    #[test]
    fn shares_hold(seed: u64, share in 0.0..1.0) {
        const REQUESTS: u64 = 4_000;
        let when = Frequency::Share(share);
        let hits = (1..=REQUESTS).filter(|n| hits(seed, 0, &when, "post", *n).is_some()).count();
        // Six standard deviations: one run in 5 * 10^8 is outside by chance.
        let (expected, n) = (share * REQUESTS as f64, REQUESTS as f64);
        let bound = 6.0 * (n * share * (1.0 - share)).sqrt() + 1.0;
        prop_assert!((hits as f64 - expected).abs() <= bound, "{} of {}", hits, expected);
    }

    #[test]
    fn nothing_and_everything(seed: u64, number in 1..u64::MAX) {
        prop_assert!(hits(seed, 0, &Frequency::Share(0.0), "post", number).is_none());
        prop_assert!(hits(seed, 0, &Frequency::Share(1.0), "post", number).is_some());
    }
}
