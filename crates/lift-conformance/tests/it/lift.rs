//! Lift's own gateway: with the probe as it is deployed, and with each setting turned to something that
//! API Gateway does not do, which a case has to notice.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use lift_conformance::{
    Case, Outcome, Run, Waits, cases,
    local::{Local, Place, waits},
    run,
};
use lift_gateway::Settings;

use crate::changed_settings::{self, Flip};

/// So many cases run at once, and each waits most of its time.
const JOBS: usize = 32;

/// So many settings are turned at once, each at gateways of its own.
const FLIPS: usize = 5;

/// What a turned setting keeps from coming is not waited for as long.
const SHORT: Duration = Duration::from_secs(4);

fn failures(run: &Run) -> Vec<&str> {
    let failed = |(case, outcome): &'_ (Case, Outcome)| match outcome {
        Outcome::Pass => None,
        Outcome::Fail { .. } | Outcome::Skip(_) => Some(case.id),
    };
    run.outcomes.iter().filter_map(failed).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_case_passes_with_the_probe_in_processes() {
    let place = Place::Processes(env!("CARGO_BIN_EXE_lift-conformance").into());
    let local = Local::start(&place, waits(), |_, _| ()).await.unwrap();
    let run = run(&local.target, &cases::all(), JOBS).await.unwrap();
    assert_eq!(failures(&run), [""; 0], "{:#?}", run.outcomes);
}

#[test]
fn ids_are_of_one_case_each() {
    let mut ids: Vec<_> = cases::all().iter().map(|case| case.id).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all);
}

/// All settings at once: what no setting is named for does not change.
#[tokio::test(flavor = "multi_thread")]
async fn the_settings_fail_no_other_cases() {
    let flips = changed_settings::table();
    let all_at_once = |api, settings: &mut Settings| {
        flips.iter().for_each(|flip| (flip.change)(api, settings));
    };
    let all = cases::all();
    let named: Vec<_> = all.iter().filter(|case| is_named(&flips, case)).collect();
    let others: Vec<_> = all.iter().filter(|case| !is_named(&flips, case)).cloned().collect();
    assert!(named.len() > 30 && others.len() > 90);
    let local = Local::start(&Place::Here, waits(), all_at_once).await.unwrap();
    let run = run(&local.target, &others, JOBS).await.unwrap();
    assert_eq!(failures(&run), [""; 0], "{:#?}", run.outcomes);
}

/// One setting at a time: of the cases that settings are named for, its own fail.
#[tokio::test(flavor = "multi_thread")]
async fn each_setting_fails_its_cases() {
    let (flips, all) = (changed_settings::table(), cases::all());
    let (flips, all) = (&flips, &all);
    let wrong = stream::iter(flips).map(|flip| async move {
        // What waits long is not run for other settings: it was seen to pass above.
        let is_quick = |case: &Case| case.wait(&waits()).is_zero() && is_named(flips, case);
        let chosen = |case: &&Case| is_quick(case) || flip.fails.contains(&case.id);
        let chosen: Vec<_> = all.iter().filter(chosen).cloned().collect();
        let waits = Waits { patience: SHORT, ..waits() };
        let local = Local::start(&Place::Here, waits, flip.change).await.unwrap();
        let run = run(&local.target, &chosen, JOBS).await.unwrap();
        let mut expected = flip.fails.to_vec();
        expected.sort_by_key(|id| all.iter().position(|case| case.id == *id));
        let failed = failures(&run);
        (failed != expected).then(|| format!("{}: {failed:?}, not {expected:?}", flip.setting))
    });
    let wrong: Vec<_> =
        wrong.buffer_unordered(FLIPS).filter_map(std::future::ready).collect().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn is_named(flips: &[Flip], case: &Case) -> bool {
    flips.iter().any(|flip| flip.fails.contains(&case.id))
}

/// A setting that somebody adds needs a case, or a reason.
#[test]
fn every_setting_is_turned() {
    let flips = changed_settings::table();
    for (group, fields) in changed_settings::fields() {
        for field in fields {
            let setting = format!("{group}::{field}");
            let turned = flips.iter().any(|flip| flip.setting == setting);
            let excluded = changed_settings::EXCLUDED.iter().any(|(name, _)| *name == setting);
            assert!(
                turned != excluded,
                "`{setting}` needs a flip that a case notices, or a reason"
            );
        }
    }
}
