//! The window by itself: bounds that always hold, and how it reacts.

use std::time::Duration;

use proptest::prelude::*;
use tokio::time::{advance, timeout};

use super::*;

impl Pace {
    fn window(&self) -> usize {
        self.state().target()
    }
}

fn id(n: usize) -> ConnectionId {
    format!("connection-{n}").into()
}

async fn round(pace: &Pace, throttled: impl Fn(usize) -> bool) {
    let mut turns = Vec::new();
    for _ in 0..pace.window() {
        turns.push(pace.turn().await);
    }
    advance(Duration::from_millis(15)).await;
    for (n, turn) in turns.iter().enumerate() {
        if throttled(n) { turn.throttled(&id(n)) } else { turn.passed() }
    }
}

#[tokio::test(start_paused = true)]
async fn halves_once_a_round_trip_and_comes_back() {
    let pace = Pace::new(64);
    round(&pace, |_| true).await;
    assert_eq!(pace.window(), 32, "64 throttles of one round trip are one reason");
    advance(Duration::from_millis(1)).await;
    round(&pace, |n| n % 4 == 0).await;
    assert!((16..24).contains(&pace.window()), "{}", pace.window());
    for n in 0..60 {
        // Always others, as an account that is over its rate throttles whoever comes.
        let turn = pace.turn().await;
        advance(Duration::from_millis(1)).await;
        turn.throttled(&id(n));
    }
    assert_eq!(pace.window(), 1, "one is always under way");
    for _ in 0..80 {
        round(&pace, |_| false).await;
    }
    assert_eq!(pace.window(), 64, "one more each round trip");
}

#[tokio::test(start_paused = true)]
async fn is_not_slowed_by_a_few_slow_readers() {
    let pace = Pace::new(64);
    for _ in 0..100 {
        round(&pace, |n| n < 7).await;
    }
    assert_eq!(pace.window(), 64);
}

proptest! {
    /// Whatever is answered: never more than the bound under way, never less than one possible, and
    /// no turn is lost or made up.
    #[test]
    fn turns_are_bounded_and_none_is_lost(
        most in 1..20_usize,
        steps in prop::collection::vec((0..4_u8, 0..30_usize), 1..200),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let pace = Pace::new(most);
            let mut taken = Vec::new();
            for (step, n) in steps {
                match step {
                    0 => if pace.turns.available_permits() > 0 {
                        taken.push(pace.turn().await);
                    },
                    1 => if let Some(turn) = taken.pop() { turn.passed() },
                    2 => if let Some(turn) = taken.pop() { turn.throttled(&id(n)) },
                    _ => advance(Duration::from_millis(1)).await,
                }
                prop_assert!(taken.len() <= most);
                prop_assert!((1..=most).contains(&pace.window()));
                prop_assert_eq!(pace.state().turns, taken.len() + pace.turns.available_permits());
            }
            taken.clear();
            prop_assert_eq!(pace.turns.available_permits(), pace.window());
            let free = timeout(Duration::from_secs(1), pace.turn()).await;
            prop_assert!(free.is_ok(), "a turn can always be had");
            Ok(())
        })?;
    }
}
