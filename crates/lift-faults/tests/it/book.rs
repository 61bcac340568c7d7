//! The plans in the book's chapter are valid.

use lift_faults::Plan;

#[test]
fn every_plan_in_the_chapter_parses() {
    let chapter = include_str!("../../../../docs/src/faults.md");
    let mut plans = 0;
    for block in chapter.split("```toml\n").skip(1) {
        let text = block.split("```").next().unwrap_or_default();
        let plan = text.parse::<Plan>().unwrap_or_else(|error| panic!("{error} in\n{text}"));
        assert!(!plan.is_empty(), "{text}");
        plans += 1;
    }
    assert!(plans >= 5, "found {plans}");
}
