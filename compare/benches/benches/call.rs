//! Times the forms beside each other: `cargo bench --manifest-path compare/Cargo.toml -p benches`.
//!
//! Each round runs every form for a moment, in another order, and gives a ratio of its own. What the
//! machine does meanwhile falls on all forms alike, which timing one after the other cannot promise.

use std::{hint::black_box, time::Instant};

const ROUNDS: usize = 3_000;

/// How many calls a form makes in a round: at most some tenths of a millisecond, so that few rounds
/// are interrupted.
const CALLS: usize = 20;

fn main() {
    println!("{:<38} {:>9} {:>19} {:>9}", "one call", "median", "middle half", "x typed");
    for case in benches::cases() {
        println!("{}", case.name);
        let times = measure(&case);
        for (form, of_form) in case.forms.iter().zip(&times) {
            let ratios = of_form.iter().zip(&times[0]).map(|(time, typed)| time / typed);
            let [low, median, high] = quartiles(of_form.iter().copied());
            let [_, ratio, _] = quartiles(ratios);
            let middle = format!("{low:.0}..{high:.0} ns");
            println!("  {:<36} {:>6.0} ns {middle:>19} {ratio:>9.2}", form.name, median);
        }
    }
}

/// The nanoseconds of a call: for each form, one for each round.
fn measure(case: &benches::Case) -> Vec<Vec<f64>> {
    let mut times = vec![Vec::with_capacity(ROUNDS); case.forms.len()];
    for round in 0..ROUNDS + ROUNDS / 10 {
        for at in 0..case.forms.len() {
            let at = (at + round) % case.forms.len();
            let events = case.events(CALLS);
            let start = Instant::now();
            black_box(case.forms[at].run(events));
            let nanos = start.elapsed().as_nanos() as f64 / CALLS as f64;
            // The first rounds warm up.
            if round >= ROUNDS / 10 {
                times[at].push(nanos);
            }
        }
    }
    times
}

fn quartiles(values: impl Iterator<Item = f64>) -> [f64; 3] {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| values[values.len() * quarter / 4])
}
