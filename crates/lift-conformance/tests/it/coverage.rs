//! Every documented or observed statement on API Gateway has a case or a reason, here and in the
//! gateway's own list.

use std::{env, fs, path::PathBuf};

use lift_conformance::{Mark, cases, coverage};

fn ids() -> Vec<&'static str> {
    cases::all().iter().map(|case| case.id).collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn statements_name_cases_and_cases_have_statements() {
    let (ids, statements) = (ids(), coverage::statements());
    for statement in &statements {
        for case in &statement.cases {
            assert!(ids.contains(case), "{}: `{case}` is no case", statement.what);
        }
        let reasoned = statement.excluded.is_some_and(|reason| !reason.is_empty());
        assert!(reasoned || !statement.cases.is_empty(), "{} has neither", statement.what);
    }
    for case in cases::all().iter().filter(|case| case.mark != Mark::Unsure) {
        let stated = statements.iter().any(|statement| statement.cases.contains(&case.id));
        assert!(stated, "`{}` is {}, and no statement names it", case.id, case.mark);
        assert!(!coverage::sources(case.id).is_empty(), "`{}` has no source", case.id);
    }
}

/// The reference is not part of the repository: where it is, each of its marked lines has to be known.
#[test]
fn every_marked_line_of_the_reference_is_listed() {
    let beside = root().join("../shared/reference/api-gateway-websocket.md");
    let path = env::var_os("LIFT_REFERENCE").map_or(beside, PathBuf::from);
    let Ok(reference) = fs::read_to_string(&path) else {
        eprintln!("{} is not there: not compared", path.display());
        return;
    };
    let statements = coverage::statements();
    let (mut section, mut lines, mut unknown) = ("", Vec::new(), Vec::new());
    for line in reference.lines().map(str::trim) {
        if let Some(heading) = line.strip_prefix('#') {
            let number = heading.trim_start_matches('#').split_whitespace().next();
            let number = number.unwrap_or_default().trim_end_matches('.');
            if number.starts_with(|first: char| first.is_ascii_digit()) {
                section = number;
            }
        }
        if is_marked(section, line) {
            let hash = format!("{:08x}", crc32fast::hash(line.as_bytes()));
            if !statements.iter().any(|statement| statement.hash == hash) {
                unknown.push(format!("{hash} | {section} | {line}"));
            }
            lines.push(hash);
        }
    }
    assert!(unknown.is_empty(), "add to coverage.txt:\n{}", unknown.join("\n"));
    let gone =
        statements.iter().filter(|statement| !lines.iter().any(|line| line == statement.hash));
    let gone: Vec<_> = gone.map(|statement| (statement.hash, statement.what)).collect();
    assert!(gone.is_empty(), "the reference has these no more: {gone:?}");
}

/// `[D]` and `[O]` are documented and observed. In section 3 all is, unless it is marked otherwise.
fn is_marked(section: &str, line: &str) -> bool {
    let main = section.split('.').next().unwrap_or_default();
    let marked = ["[D]", "[D,", "[D:", "[O]", "[O,", "[O:"].iter().any(|mark| line.contains(mark));
    ["1", "2", "3", "4", "5", "6", "8"].contains(&main)
        && (marked || (section == "3" && line.starts_with("- ") && !line.contains("[U]")))
}

/// `crates/lift-gateway/FIDELITY.md`: its tests and cases exist, and each row has both or says why not.
#[test]
fn the_gateways_list_names_what_exists() {
    let text = fs::read_to_string(root().join("crates/lift-gateway/FIDELITY.md")).unwrap();
    let ids = ids();
    let mut part = "";
    let mut rows = 0;
    for line in text.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            part = heading;
        }
        let columns: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let has_cases = ["Holds", "Unsure: settings"].contains(&part);
        let is_row = has_cases && columns[0].starts_with(|first: char| first.is_ascii_digit());
        let (true, Some(by)) = (is_row, columns.last()) else { continue };
        rows += 1;
        match by.strip_prefix("none: ") {
            Some(reason) => assert!(!reason.is_empty(), "{line}"),
            None => {
                for case in by.split(", ") {
                    assert!(ids.contains(&case), "{part}: `{case}` is no case: {line}");
                }
            }
        }
        if part == "Holds" {
            tests_exist(columns[2]);
        }
    }
    assert!(rows > 60, "only {rows} rows were read");
}

/// The book tells what is unsure, and by which case it would be settled.
#[test]
fn the_book_names_every_unsure_case() {
    let text = fs::read_to_string(root().join("docs/src/compatibility.md")).unwrap();
    let is_id = |word: &&str| {
        let section = word.split_once('-').map_or("", |(section, _)| section);
        section.parse::<f32>().is_ok()
    };
    let named: Vec<_> = text.split('`').skip(1).step_by(2).filter(is_id).collect();
    let cases = cases::all();
    for id in &named {
        assert!(cases.iter().any(|case| case.id == *id), "`{id}` is no case");
    }
    for case in cases.iter().filter(|case| case.mark == Mark::Unsure) {
        assert!(named.contains(&case.id), "`{}` is unsure, and the book does not say so", case.id);
    }
}

/// `file::test` in the gateway's tests, or a module elsewhere, which starts with its crate.
fn tests_exist(names: &str) {
    let gateway = root().join("crates/lift-gateway");
    for name in names.split(", ").filter(|name| !name.contains('`')) {
        let Some((file, test)) = name.split_once("::") else { continue };
        let file = match file {
            "session" => gateway.join("src/connection/session/tests.rs"),
            file => gateway.join(format!("tests/it/{file}.rs")),
        };
        let text = fs::read_to_string(&file).unwrap_or_default();
        assert!(text.contains(&format!("fn {test}(")), "{name} is no test");
    }
}
