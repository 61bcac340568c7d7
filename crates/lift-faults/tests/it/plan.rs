//! The format of plans, and the errors of invalid ones.

use lift_faults::Plan;

#[track_caller]
fn wrong(text: &str, expected: &str) {
    let error = text.parse::<Plan>().expect_err("not a plan").to_string();
    assert_eq!(error, expected, "of {text}");
}

/// An entry with these fields below `api` and `kind`, which are lines 2 and 3.
fn entry(api: &str, kind: &str, rest: &str) -> String {
    format!("[[fault]]\napi = '{api}'\nkind = '{kind}'\n{rest}")
}

#[test]
fn an_empty_plan_is_a_plan() {
    let plan: Plan = "".parse().expect("a plan");
    assert!(plan.is_empty() && plan.seed() == 0 && !plan.lags());
    assert_eq!(plan.with_seed(9).seed(), 9);
}

#[test]
fn misspelled_names_get_a_suggestion() {
    wrong("seeds = 7", "line 1: unknown field `seeds`: did you mean `seed`?");
    wrong(
        &entry("dynamodb", "reset", "shere = 0.5"),
        "line 4: unknown field `shere`: did you mean `share`?",
    );
    wrong(
        &entry("dynamo", "reset", ""),
        "line 2: unknown variant `dynamo`: did you mean `dynamodb`?",
    );
    wrong(
        &entry("dynamodb", "throtle", ""),
        "line 3: unknown variant `throtle`: did you mean `throttle`?",
    );
    wrong(
        &entry("dynamodb", "reset", "operation = 'PutItems'"),
        "line 1: unknown operation `PutItems` of dynamodb: did you mean `PutItem`?",
    );
    wrong(
        &entry("connections", "reset", "operation = 'PostToConnection'"),
        "line 1: unknown operation `PostToConnection` of connections: use one of post, get, delete",
    );
    wrong(
        &entry("dynamodb", "throttle", "reason = 'TableWriteKeyRangeThroughput'"),
        "line 1: unknown reason `TableWriteKeyRangeThroughput`: did you mean \
         `TableWriteKeyRangeThroughputExceeded`?",
    );
}

#[test]
fn values_out_of_bounds() {
    wrong(&entry("runtime", "reset", "share = 1.5"), "line 1: `share` is from 0 to 1, and not 1.5");
    wrong(&entry("runtime", "reset", "nth = 0"), "line 4: the first request is number 1");
    wrong(&entry("runtime", "delay", "ms = '9..3'"), "line 4: 9 is more than 3");
    wrong(
        &entry("runtime", "delay", "ms = 'soon'"),
        "line 4: invalid value: string \"soon\", expected milliseconds: 300, or \"20..300\"",
    );
    wrong(&entry("runtime", "delay", "ms = '3..'"), "line 4: a time without an end");
    wrong(&entry("runtime", "reset", "after = -1"), "line 1: `after` is in seconds, from 0");
    wrong(
        &entry("dynamodb", "error", "status = 200"),
        "line 1: `status` is an error's: from 400 to 999",
    );
}

#[test]
fn invalid_combinations() {
    wrong(
        &entry("runtime", "reset", "share = 0.5\nnth = 1"),
        "line 1: choose one of `share` and `nth`",
    );
    wrong(
        &entry("dynamodb", "delay", ""),
        "line 1: say how long with `ms`, such as ms = \"20..300\"",
    );
    wrong(
        &entry("dynamodb", "index-lag", "ms = 5\nlost = 'answer'"),
        "line 1: `lost` is not valid for index-lag of dynamodb: remove it",
    );
    wrong(
        &entry("connections", "throttle", "reason = 'x'"),
        "line 1: `reason` is not valid for throttle of connections: remove it",
    );
    wrong(
        &entry("runtime", "throttle", ""),
        "line 1: throttle is not possible for the runtime API",
    );
    wrong(
        &entry("connections", "stale", "ms = 1"),
        "line 1: stale is not possible for the connections API",
    );
    wrong(
        &entry("dynamodb", "throttle", "reason = 'IndexWriteAccountLimitExceeded'"),
        "line 1: name the index of IndexWriteAccountLimitExceeded with `index`",
    );
    wrong(
        &entry("dynamodb", "stale", "ms = 1\noperation = 'PutItem'"),
        "line 1: stale is not possible for PutItem, only for GetItem, BatchGetItem, Query, Scan",
    );
    wrong(
        &entry("runtime", "duplicate", "operation = 'response'"),
        "line 1: duplicate is not possible for response, only for next",
    );
    wrong(
        &entry("dynamodb", "reset", "connection = 'abc='"),
        "line 1: requests of dynamodb have an `item`",
    );
}

#[test]
fn the_line_is_that_of_the_entry() {
    let text =
        format!("seed = 7\n\n{}\n{}", entry("runtime", "reset", ""), entry("runtime", "delay", ""));
    wrong(&text, "line 7: say how long with `ms`, such as ms = \"20..300\"");
}

#[test]
fn broken_toml_is_one_line_too() {
    let error = "seed = \n".parse::<Plan>().expect_err("not TOML");
    assert_eq!(error.line(), 1);
    assert_eq!(error.to_string().lines().count(), 1, "{error}");
}
