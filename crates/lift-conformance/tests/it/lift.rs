//! The suite at Lift's gateway: with the probe as deployed, and with each setting changed to a value that API
//! Gateway does not have, which a case has to notice.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use lift_conformance::{
    Case, Outcome, Run, cases,
    local::{Local, ProbeLocation, timing},
    run,
};
use lift_gateway::Settings;

use crate::changed_settings::{self, SettingChange};

/// How many cases run at once; they mostly wait.
const JOBS: usize = 32;

/// How many settings are changed at the same time, each at other gateways.
const CHANGES_AT_ONCE: usize = 5;

/// A shorter wait for messages that a changed setting prevents.
const SHORT: Duration = Duration::from_secs(4);

fn failures(run: &Run) -> Vec<&str> {
    let failed = |(case, outcome): &'_ (Case, Outcome)| match outcome {
        Outcome::Pass => None,
        _ => Some(case.id),
    };
    run.outcomes.iter().filter_map(failed).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_case_passes_with_the_probe_in_processes() {
    let place = ProbeLocation::ChildProcesses(env!("CARGO_BIN_EXE_lift-conformance").into());
    let local = Local::start(&place, timing(), |_, _| ()).await.unwrap();
    let run = run(&local.target, &cases::all(), JOBS).await.unwrap();
    assert_eq!(failures(&run), [""; 0], "{:#?}", run.outcomes);
}

#[test]
fn ids_of_cases_are_unique() {
    let mut ids: Vec<_> = cases::all().iter().map(|case| case.id).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all);
}

/// Changes all settings at once. A case that no setting lists in `fails` still passes.
#[tokio::test(flavor = "multi_thread")]
async fn the_settings_fail_no_other_cases() {
    let changes = changed_settings::table();
    let all_at_once = |api, settings: &mut Settings| {
        changes.iter().for_each(|change| (change.change)(api, settings));
    };
    let all = cases::all();
    let named: Vec<_> = all.iter().filter(|case| is_named(&changes, case)).collect();
    let others: Vec<_> = all.iter().filter(|case| !is_named(&changes, case)).cloned().collect();
    assert!(named.len() > 30 && others.len() > 90);
    let local = Local::start(&ProbeLocation::InProcess, timing(), all_at_once).await.unwrap();
    let run = run(&local.target, &others, JOBS).await.unwrap();
    assert_eq!(failures(&run), [""; 0], "{:#?}", run.outcomes);
}

/// Changes one setting at a time. Exactly the cases in its `fails` then fail.
#[tokio::test(flavor = "multi_thread")]
async fn each_setting_fails_its_cases() {
    let (changes, all) = (changed_settings::table(), cases::all());
    let (changes, all) = (&changes, &all);
    let wrong = stream::iter(changes).map(|change| async move {
        // Slow cases run only for their settings; the test above has run them all.
        let is_quick = |case: &Case| case.wait(&timing()).is_zero() && is_named(changes, case);
        let chosen = |case: &&Case| is_quick(case) || change.fails.contains(&case.id);
        let chosen: Vec<_> = all.iter().filter(chosen).cloned().collect();
        let mut timing = timing();
        timing.arrival_timeout = SHORT;
        let local = Local::start(&ProbeLocation::InProcess, timing, change.change).await.unwrap();
        let run = run(&local.target, &chosen, JOBS).await.unwrap();
        let mut expected = change.fails.to_vec();
        expected.sort_by_key(|id| all.iter().position(|case| case.id == *id));
        let failed = failures(&run);
        (failed != expected).then(|| format!("{}: {failed:?}, not {expected:?}", change.setting))
    });
    let wrong: Vec<_> =
        wrong.buffer_unordered(CHANGES_AT_ONCE).filter_map(std::future::ready).collect().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn is_named(changes: &[SettingChange], case: &Case) -> bool {
    changes.iter().any(|change| change.fails.contains(&case.id))
}

/// Each setting needs a case that notices it, or a reason why there is none.
#[test]
fn every_setting_is_changed() {
    let changes = changed_settings::table();
    for (group, fields) in changed_settings::fields() {
        for field in fields {
            let setting = format!("{group}::{field}");
            let changed = changes.iter().any(|change| change.setting == setting);
            let excluded = changed_settings::EXCLUDED.iter().any(|(name, _)| *name == setting);
            assert!(
                changed != excluded,
                "`{setting}` needs a change that a case notices, or a reason"
            );
        }
    }
}
