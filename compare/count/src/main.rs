//! Counts the tokens and lines of the three chats, and fails if Lift saves too few of them.
//!
//! A token is a token of proc-macro2: an identifier, a punctuation character, a literal; a pair of
//! delimiters is two tokens. Only lines with a token count. Comments, documentation, items under
//! `#[cfg(test)]`, manifests and the chat's page do not count.

use std::{collections::BTreeSet, env, fs, path::Path, process::ExitCode};

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::ToTokens;

/// The least percentage of tokens that Lift must save, compared with the chat without Lift.
const MIN_SAVED_PERCENT: f64 = 70.0;

type Error = Box<dyn std::error::Error>;

fn main() -> Result<ExitCode, Error> {
    let chat = of_files(&["examples/chat/src/lib.rs", "examples/chat/src/main.rs"])?;
    let http = of_files(&["compare/http-chat/src/lib.rs", "compare/http-chat/src/main.rs"])?;
    let without_lift = of_files(&[
        "compare/chat-without-lift/src/main.rs",
        "compare/chat-without-lift/src/connections.rs",
        "compare/chat-without-lift/src/posts.rs",
        "compare/chat-without-lift/src/protocol.rs",
    ])?;
    let local = of_files(&["compare/chat-without-lift/src/local.rs"])?;

    println!("{:<42} {:>6} {:>6} {:>13}", "the chat", "tokens", "lines", "tokens saved");
    row("without Lift: lambda_runtime, AWS SDK, serde", &without_lift, "");
    row("Lift, typed form", &chat, &format!("{:.1} %", chat.saved(&without_lift)));
    row("Lift, HTTP-style form", &http, &format!("{:.1} %", http.saved(&without_lift)));
    row("not counted: without Lift, for `lift dev`", &local, "");

    let saved = chat.saved(&without_lift);
    if saved < MIN_SAVED_PERCENT {
        eprintln!("Lift saves {saved:.1} % of the tokens, less than {MIN_SAVED_PERCENT} %");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

fn row(what: &str, count: &Count, saved: &str) {
    println!("{what:<42} {:>6} {:>6} {saved:>13}", count.tokens, count.lines);
}

#[derive(Default)]
struct Count {
    tokens: usize,
    lines: usize,
}

impl Count {
    fn saved(&self, without_lift: &Count) -> f64 {
        100.0 * (1.0 - self.tokens as f64 / without_lift.tokens as f64)
    }
}

/// Counts files, given by paths from the root of the repository.
fn of_files(names: &[&str]) -> Result<Count, Error> {
    // Cargo sets it for a run: the program may have been built in another clone, with a shared target folder.
    let folder = env::var_os("CARGO_MANIFEST_DIR").ok_or("run it with cargo")?;
    let root = Path::new(&folder).join("../..");
    let mut all = Count::default();
    for name in names {
        let text =
            fs::read_to_string(root.join(name)).map_err(|error| format!("{name}: {error}"))?;
        let count = of_text(&text).map_err(|error| format!("{name}: {error}"))?;
        all.tokens += count.tokens;
        all.lines += count.lines;
    }
    Ok(all)
}

fn of_text(text: &str) -> syn::Result<Count> {
    let mut file = syn::parse_file(text)?;
    file.items.retain(|item| !is_test(item));
    let (mut count, mut lines) = (Count::default(), BTreeSet::new());
    visit(file.into_token_stream(), &mut count, &mut lines);
    count.lines = lines.len();
    Ok(count)
}

/// Returns whether an item of the source begins with `#[cfg(test)]`.
fn is_test(item: &syn::Item) -> bool {
    let attributes = item.to_token_stream().to_string();
    attributes.replace(' ', "").starts_with("#[cfg(test)]")
}

fn visit(tokens: TokenStream, count: &mut Count, lines: &mut BTreeSet<usize>) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        // Documentation comes as `#[doc = "..."]` or `#![doc = "..."]`.
        if is_punct(&token, '#') {
            let mut rest = tokens.clone();
            rest.next_if(|token| is_punct(token, '!'));
            if rest.next().is_some_and(|token| is_doc(&token)) {
                tokens = rest;
                continue;
            }
        }
        match token {
            TokenTree::Group(group) => {
                if group.delimiter() != Delimiter::None {
                    count.tokens += 2;
                    lines.extend(lines_of(group.span_open()));
                    lines.extend(lines_of(group.span_close()));
                }
                visit(group.stream(), count, lines);
            }
            token => {
                count.tokens += 1;
                lines.extend(lines_of(token.span()));
            }
        }
    }
}

/// The lines of a token: a string literal may have several.
fn lines_of(span: Span) -> std::ops::RangeInclusive<usize> {
    span.start().line..=span.end().line
}

fn is_punct(token: &TokenTree, punct: char) -> bool {
    matches!(token, TokenTree::Punct(found) if found.as_char() == punct)
}

fn is_doc(token: &TokenTree) -> bool {
    let TokenTree::Group(group) = token else { return false };
    matches!(group.stream().into_iter().next(), Some(TokenTree::Ident(name)) if name == "doc")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, tokens: usize, lines: usize) {
        let count = of_text(text).unwrap();
        assert_eq!((count.tokens, count.lines), (tokens, lines), "{text}");
    }

    #[test]
    fn each_token_counts_once_and_a_pair_of_delimiters_twice() {
        // fn f ( ) -> u8 { 1 + a :: b }
        check("fn f() -> u8 { 1 + a::b }", 15, 1);
        check("fn f() {\n    g(\n        1,\n    );\n}\n", 12, 5);
        check("#[derive(Debug)]\nstruct A<'a>(&'a str);", 20, 2);
        check("const A: &str = \"one\n\ntwo\";", 8, 3);
    }

    #[test]
    fn comments_documentation_and_tests_do_not_count() {
        check(
            "//! Doc.\n#![doc = \"Doc\"]\n\n/// Doc.\n// Comment.\nstruct A; // And this.\n",
            3,
            1,
        );
        check("struct A {\n    /// Doc.\n    /* no */ a: u8,\n}\n", 8, 3);
        check("struct A;\n#[cfg(test)]\nmod tests {\n    fn f() {}\n}\n", 3, 1);
        check("#[cfg(unix)]\nstruct A;\n", 10, 2);
    }
}
