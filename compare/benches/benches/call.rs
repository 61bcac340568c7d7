//! Measures the time of a call in each form: `cargo bench --manifest-path compare/Cargo.toml -p benches`.
//!
//! Each round runs every form for a short time, in a new order, and gives one ratio per form. So other
//! load of the machine affects all forms equally. It would not if each form ran all its rounds at once.

use std::{hint::black_box, time::Instant};

const ROUNDS: usize = 3_000;

/// The calls of a form in a round. They take less than a millisecond, so that the system interrupts few rounds.
const CALLS: usize = 20;

fn main() {
    println!("{:<38} {:>9} {:>19} {:>9}", "one call", "median", "middle half", "x typed");
    for case in benches::cases() {
        println!("{}", case.name);
        let times = measure(&case);
        for (form, form_times) in case.forms.iter().zip(&times) {
            let ratios = form_times.iter().zip(&times[0]).map(|(time, typed)| time / typed);
            let [low, median, high] = quartiles(form_times.iter().copied());
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
        for index in 0..case.forms.len() {
            let index = (index + round) % case.forms.len();
            let events = case.events(CALLS);
            let start = Instant::now();
            black_box(case.forms[index].run(events));
            let nanos = start.elapsed().as_nanos() as f64 / CALLS as f64;
            // The first rounds warm up.
            if round >= ROUNDS / 10 {
                times[index].push(nanos);
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
