//! What the compiler says to a wrong handler: a newcomer should understand it.
//!
//! The texts change with the compiler, so that they are only compared when asked for:
//! `LIFT_COMPILE_TESTS=1 cargo test -p lift-ws --test compile`. With `TRYBUILD=overwrite` they are
//! written anew: read the difference before committing it.

#[test]
fn wrong_handlers_are_told_what_is_wrong() {
    if std::env::var_os("LIFT_COMPILE_TESTS").is_none_or(|value| value != "1") {
        eprintln!("skipped: LIFT_COMPILE_TESTS is not 1");
        return;
    }
    trybuild::TestCases::new().compile_fail("tests/compile/*.rs");
}
