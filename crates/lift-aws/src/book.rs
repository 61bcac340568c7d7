//! Compiles and runs the snippets of the book, `docs/`: one item for each chapter.

#[doc = include_str!("../../../docs/src/first-app.md")]
struct FirstApp;
