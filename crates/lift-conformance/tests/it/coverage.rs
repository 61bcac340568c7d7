//! Every documented or observed statement on API Gateway has a case or a reason why there is none; ids of
//! statements and cases exist wherever they are named.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
};

use lift_conformance::{Evidence, cases, coverage};

fn ids() -> Vec<&'static str> {
    cases::all().iter().map(|case| case.id).collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

const API_GATEWAY: &str = "docs/src/reference/api-gateway.md";
const CONNECTION_STORE: &str = "docs/src/reference/connection-store.md";

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The ids of a chapter of the reference, of sections and of statements, each with its line.
fn anchors(text: &str) -> Vec<(&str, &str)> {
    let anchor = |line| {
        let (id, _) = str::split_once(line, "<a id=\"")?.1.split_once('"')?;
        Some((id, line))
    };
    text.lines().filter_map(anchor).collect()
}

#[test]
fn statements_name_cases_and_cases_have_statements() {
    let (ids, statements) = (ids(), coverage::statements());
    for statement in &statements {
        for case in &statement.cases {
            assert!(ids.contains(case), "{}: `{case}` is no case", statement.id);
        }
        let reasoned = statement.excluded.is_some_and(|reason| !reason.is_empty());
        assert!(reasoned || !statement.cases.is_empty(), "{} has neither", statement.id);
    }
    for case in cases::all() {
        let stated = statements.iter().any(|statement| statement.cases.contains(&case.id));
        assert!(stated, "no statement names the case `{}`", case.id);
        let is_unsure = case.evidence == Evidence::Unsure;
        let has_source = !coverage::sources(case.id).is_empty();
        assert!(is_unsure || has_source, "`{}` is {} and has no source", case.id, case.evidence);
    }
}

#[test]
fn every_documented_or_observed_statement_is_listed() {
    let reference = read(API_GATEWAY);
    let anchors = anchors(&reference);
    let statements = coverage::statements();
    let mut marked = 0;
    for (id, line) in &anchors {
        let (section, _) = id.trim_start_matches("R-").split_once('.').unwrap_or((id, ""));
        let is_covered = ["1", "2", "3", "4", "5", "6", "8"].contains(&section);
        let is_known = ["*documented*", "*observed*"].iter().any(|mark| line.contains(mark));
        if is_covered && is_known {
            marked += 1;
            let listed = statements.iter().any(|statement| statement.id == *id);
            assert!(listed, "add to coverage.txt: {line}");
        }
    }
    assert!(marked > 110, "only {marked} statements were found");
    for statement in &statements {
        let line = anchors.iter().find(|(id, _)| *id == statement.id);
        let (_, line) = line.unwrap_or_else(|| panic!("{} is no statement", statement.id));
        for (source, url) in statement.sources.iter().zip(statement.urls()) {
            assert!(line.contains(&format!("({url})")), "{}: no link to {source}", statement.id);
        }
        assert_eq!(statement.urls().len(), statement.sources.len(), "{}", statement.id);
    }
}

#[test]
fn ids_of_the_reference_are_unique_and_belong_to_their_sections() {
    for path in [API_GATEWAY, CONNECTION_STORE] {
        let text = read(path);
        let mut seen = HashSet::new();
        let mut section = "";
        for (id, line) in anchors(&text) {
            assert!(seen.insert(id), "{id} is there twice");
            if line.starts_with('#') {
                section = id;
                continue;
            }
            let number = id.strip_prefix(section).and_then(|rest| rest.strip_prefix('.'));
            let number = number.unwrap_or_else(|| panic!("{id} is in section {section}"));
            assert!(number.parse::<u32>().is_ok(), "{id}");
            assert!(line.contains(&format!("**[{id}]**")), "{id} is not shown: {line}");
        }
        assert!(seen.len() > 80, "{path}: only {} ids were found", seen.len());
    }
}

/// Comments, documents, templates and scripts cite statements as `[R-5.2.3]` and `[S-3.2]`.
#[test]
fn every_cited_statement_exists() {
    let (api_gateway, store) = (read(API_GATEWAY), read(CONNECTION_STORE));
    let known: HashSet<_> =
        [&api_gateway, &store].iter().flat_map(|text| anchors(text)).map(|(id, _)| id).collect();
    let mut citations = 0;
    for path in sources() {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        for id in cited(&text) {
            citations += usize::from(path.extension().is_some_and(|extension| extension == "rs"));
            assert!(known.contains(id), "{}: [{id}] is no statement", path.display());
        }
    }
    assert!(citations > 40, "only {citations} citations were found in the code");
}

/// The texts in brackets that have the form of an id.
fn cited(text: &str) -> impl Iterator<Item = &str> {
    text.split('[').skip(1).filter_map(|rest| {
        let (id, _) = rest.split_once(']')?;
        let number = id.strip_prefix("R-").or_else(|| id.strip_prefix("S-"))?;
        let is_number = |part: &str| part.parse::<u32>().is_ok();
        number.split('.').all(is_number).then_some(id)
    })
}

/// The text files of the repository that may cite statements.
fn sources() -> Vec<PathBuf> {
    const SKIPPED: [&str; 4] = [".git", "target", "node_modules", "book"];
    const EXTENSIONS: [&str; 8] = ["rs", "md", "txt", "toml", "yaml", "yml", "py", "mjs"];
    let mut folders = vec![root()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a readable folder") {
            let path = entry.expect("a readable folder").path();
            let is_skipped = SKIPPED.iter().any(|name| path.ends_with(name));
            let extension = path.extension().and_then(|extension| extension.to_str());
            if path.is_dir() && !is_skipped {
                folders.push(path);
            } else if extension.is_some_and(|extension| EXTENSIONS.contains(&extension)) {
                files.push(path);
            }
        }
    }
    files
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
        let is_row = has_cases && columns[0].starts_with("[R-");
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

/// The book lists each unsure statement with the case that would decide it on AWS.
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
    for case in cases.iter().filter(|case| case.evidence == Evidence::Unsure) {
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
