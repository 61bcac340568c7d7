//! Schedule expressions: the examples of EventBridge's guide, errors, and properties of random expressions.

use std::time::Duration;

use lift_event::{ScheduleExpression, Timestamp};
use proptest::prelude::*;

const MINUTE: u64 = 60_000;
const DAY: u64 = 24 * 60 * MINUTE;

fn parse(text: &str) -> ScheduleExpression {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

fn at(text: &str) -> Timestamp {
    // `at(...)` names one moment, so it is a parser of moments, too.
    let moment = format!("at({text}:00)").replace(' ', "T");
    parse(&moment).next_after(Timestamp::from_millis(0)).expect("after 1970")
}

/// The next moments after `after`, as `at` reads them.
#[track_caller]
fn fires(expression: &str, after: &str, expected: &[&str]) {
    let expression = parse(expression);
    let mut now = at(after);
    for moment in expected {
        now = expression.next_after(now).expect("a further moment");
        assert_eq!(now, at(moment), "{expression}, expected {moment}");
    }
}

/// "Schedules in Amazon EventBridge", each example with the moments that it names. 2026-11-29 is a Sunday.
#[test]
fn the_examples_of_aws() {
    let now = "2026-11-29 09:07";
    fires("cron(0 10 * * ? *)", now, &["2026-11-29 10:00", "2026-11-30 10:00"]);
    fires("cron(15 12 * * ? *)", now, &["2026-11-29 12:15", "2026-11-30 12:15"]);
    fires("cron(0 18 ? * MON-FRI *)", now, &["2026-11-30 18:00", "2026-12-01 18:00"]);
    let weekend = ["2026-12-04 18:00", "2026-12-07 18:00"];
    fires("cron(0 18 ? * MON-FRI *)", "2026-12-03 18:00", &weekend);
    fires("cron(0 8 1 * ? *)", now, &["2026-12-01 08:00", "2027-01-01 08:00"]);
    fires("cron(0/15 * * * ? *)", now, &["2026-11-29 09:15", "2026-11-29 09:30"]);
    fires("cron(0/15 * * * ? *)", "2026-11-29 09:45", &["2026-11-29 10:00"]);
    fires("cron(0/10 * ? * MON-FRI *)", now, &["2026-11-30 00:00", "2026-11-30 00:10"]);
    fires("cron(0/5 8-17 ? * MON-FRI *)", now, &["2026-11-30 08:00", "2026-11-30 08:05"]);
    let evening = ["2026-11-30 17:55", "2026-12-01 08:00"];
    fires("cron(0/5 8-17 ? * MON-FRI *)", "2026-11-30 17:50", &evening);
    let night = ["2026-11-30 00:00", "2026-11-30 00:30", "2026-11-30 01:00"];
    fires("cron(0/30 20-2 ? * MON-FRI *)", now, &night);
    let night = ["2026-11-30 20:00", "2026-11-30 20:30"];
    fires("cron(0/30 20-2 ? * MON-FRI *)", "2026-11-30 02:30", &night);
    fires("cron(1/10 * * * ? *)", now, &["2026-11-29 09:11", "2026-11-29 09:21"]);
    fires("cron(0 0 L * ? *)", now, &["2026-11-30 00:00", "2026-12-31 00:00", "2027-01-31 00:00"]);
    fires("cron(0 0 L 2 ? *)", now, &["2027-02-28 00:00", "2028-02-29 00:00"]);
    fires("cron(0 0 ? * L *)", now, &["2026-12-05 00:00", "2026-12-12 00:00"]);
    fires("cron(0 0 ? * 6L *)", now, &["2026-12-25 00:00", "2027-01-29 00:00"]);
    fires("cron(0 0 ? * 3#2 *)", now, &["2026-12-08 00:00", "2027-01-12 00:00"]);
    fires("cron(0 0 ? * TUE#5 *)", now, &["2026-12-29 00:00", "2027-03-30 00:00"]);
    // The 3rd is a Thursday, a Sunday and a Wednesday.
    let nearest = ["2026-12-03 00:00", "2027-01-04 00:00", "2027-02-03 00:00"];
    fires("cron(0 0 3W * ? *)", now, &nearest);
    // The 1st is a Saturday, so the 3rd: the day stays in its month.
    fires("cron(0 0 1W 5 ? 2027)", now, &["2027-05-03 00:00"]);
    // The 31st is a Sunday, and months without it have no such day.
    fires("cron(0 0 31W 1-2 ? 2027)", now, &["2027-01-29 00:00"]);
    fires("cron(0 0 LW 1 ? *)", now, &["2027-01-29 00:00"]);
    let listed = ["2027-01-01 00:00", "2027-02-01 00:00", "2027-03-01 00:00", "2028-01-01 00:00"];
    fires("cron(0 0 1 jan,FEB,3 ? *)", now, &listed);
    fires("cron(0 12 ? * FRI-SUN 2027-2028)", now, &["2027-01-01 12:00", "2027-01-02 12:00"]);
    fires("cron(*/20 6 29 2 ? *)", now, &["2028-02-29 06:00", "2028-02-29 06:20"]);
}

#[test]
fn rates_and_moments() {
    let now = Timestamp::from_millis(1_795_942_800_123);
    for (text, seconds) in [
        ("rate(1 minute)", 60),
        ("rate(5 minutes)", 300),
        ("rate(1 hour)", 3600),
        ("rate(7 days)", 604_800),
    ] {
        let interval = Duration::from_secs(seconds);
        assert_eq!(parse(text).next_after(now), Some(now + interval), "{text}");
    }
    let once = parse(" at(2026-11-29T09:00:01) ");
    assert!(once.is_once() && !parse("rate(1 day)").is_once());
    assert_eq!(once.to_string(), "at(2026-11-29T09:00:01)");
    assert_eq!(once.next_after(now), Some(Timestamp::from_millis(1_795_942_801_000)));
    assert_eq!(once.next_after(Timestamp::from_millis(1_795_942_801_000)), None);
    assert_eq!(parse("cron(0 0 30 2 ? *)").next_after(now), None, "no February has it");
    assert_eq!(parse("cron(0 0 1 1 ? 2020)").next_after(now), None);
}

#[test]
fn errors_name_the_part_and_the_fix() {
    for (text, part) in [
        ("", "write `rate(5 minutes)` or `cron(0 10 * * ? *)`"),
        ("5 minutes", "write `rate(5 minutes)` or"),
        ("rate(1 minutes)", "write `rate(1 minute)`"),
        ("rate(2 hour)", "write `rate(2 hours)`"),
        ("rate(0 minutes)", "1 minute is the shortest"),
        ("rate(30 seconds)", "minutes, hours or days"),
        ("rate(-1 minute)", "a number"),
        ("rate(1 minute", "write `rate(5 minutes)` or"),
        ("cron(0 10 * * ?)", "it has 5 fields"),
        ("cron(0 10 * * * *)", "write `?` in one of"),
        ("cron(0 10 ? * ? *)", "write `?` in one of"),
        ("cron(0 10 1 * MON *)", "takes days by one of them"),
        ("cron(60 10 * * ? *)", "`60` in minutes: it takes 0-59"),
        ("cron(0 10 ? * 0 *)", "`0` in day-of-week: it takes 1-7 or SUN-SAT"),
        ("cron(0 10 ? * MON#6 *)", "such as `FRI#2`"),
        ("cron(0 10 ? * 3#1,6#3 *)", "write one day and its number"),
        ("cron(0 10 0W * ? *)", "`0` in day-of-month"),
        ("cron(0/0 10 * * ? *)", "`0/0` in minutes"),
        ("cron(0 +1 * * ? *)", "`+1` in hours"),
        ("cron(0 10 * 13 ? *)", "`13` in month: it takes 1-12 or JAN-DEC"),
        ("cron(0 10 * * ? 2200)", "`2200` in year: it takes 1970-2199"),
        ("at(2026-02-29T00:00:00)", "write a moment such as"),
        ("at(2026-11-20 13:00:00)", "write a moment such as"),
    ] {
        let error = text.parse::<ScheduleExpression>().expect_err(text).to_string();
        assert!(error.starts_with(&format!("`{text}`: ")), "{error}");
        assert!(error.contains(part), "no {part:?} in {error}");
    }
}

/// A field of random numbers, ranges and increments.
fn field(first: u32, last: u32) -> impl Strategy<Value = String> {
    let number = first..=last;
    let item = prop_oneof![
        Just("*".to_owned()),
        number.clone().prop_map(|number| number.to_string()),
        (number.clone(), number.clone()).prop_map(|(a, b)| format!("{a}-{b}")),
        (number, 1..10_u32).prop_map(|(a, step)| format!("{a}/{step}")),
    ];
    prop::collection::vec(item, 1..3).prop_map(|items| items.join(","))
}

/// Whether a number is in a field of the form of [`field`], read in another way than the parser does.
fn has(field: &str, first: u32, last: u32, number: u32) -> bool {
    let read = |text: &str| text.parse::<u32>().expect("a number");
    field.split(',').any(|item| match (item.split_once('-'), item.split_once('/')) {
        _ if item == "*" => true,
        (Some((a, b)), _) if read(a) <= read(b) => (read(a)..=read(b)).contains(&number),
        (Some((a, b)), _) => {
            (read(a)..=last).contains(&number) || (first..=read(b)).contains(&number)
        }
        (_, Some((a, step))) => number >= read(a) && (number - read(a)).is_multiple_of(read(step)),
        _ => read(item) == number,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// `next_after` finds the first matching minute, and no matching minute is left out.
    #[test]
    fn the_next_moment_is_the_first_that_matches(
        minutes in field(0, 59), hours in field(0, 23), weekdays in field(1, 7), start in 0..80_000_u64
    ) {
        let cron = parse(&format!("cron({minutes} {hours} ? * {weekdays} *)"));
        let start = start * DAY / 2;
        let matches = |moment: u64| {
            let minute = moment / MINUTE;
            let weekday = (moment / DAY + 4) % 7 + 1;
            has(&minutes, 0, 59, (minute % 60) as u32)
                && has(&hours, 0, 23, (minute / 60 % 24) as u32)
                && has(&weekdays, 1, 7, weekday as u32)
        };
        let first = (start / MINUTE + 1..).map(|minute| minute * MINUTE).find(|moment| matches(*moment));
        let next = cron.next_after(Timestamp::from_millis(start + 5));
        prop_assert_eq!(next.map(Timestamp::as_millis), first);
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in "(rate|cron|at)?\\(?[0-9A-Z#?/*, LW-]{0,24}\\)?") {
        if let Ok(expression) = text.parse::<ScheduleExpression>() {
            let _ = expression.next_after(Timestamp::from_millis(1_795_942_800_000));
        }
    }
}
