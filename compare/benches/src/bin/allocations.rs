//! Counts the allocations of one call in each form, exactly. It is not part of the benchmark, because counting
//! costs time at each allocation.

fn main() {
    println!("{:<38} {:>12} {:>8}", "allocations of one call", "allocations", "bytes");
    for case in benches::cases() {
        println!("{}", case.name);
        for form in &case.forms {
            form.run(case.events(1));
            let events = case.events(1);
            let counted = allocation_counter::measure(|| drop(form.run(events)));
            println!("  {:<36} {:>12} {:>8}", form.name, counted.count_total, counted.bytes_total);
        }
    }
}
