//! The compiler's errors for wrong handlers, which a new user should understand.
//!
//! The texts change with the compiler, so they are compared only on request:
//! `LIFT_COMPILE_TESTS=1 cargo test -p lift-ws --test compile`. With `TRYBUILD=overwrite` they are
//! written again: read the difference before you commit it.

#[test]
fn errors_of_wrong_handlers_say_what_is_wrong() {
    if std::env::var_os("LIFT_COMPILE_TESTS").is_none_or(|value| value != "1") {
        eprintln!("skipped: LIFT_COMPILE_TESTS is not 1");
        return;
    }
    trybuild::TestCases::new().compile_fail("tests/compile/*.rs");
}
