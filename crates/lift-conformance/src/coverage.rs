//! Which cases test which statement of the reference on API Gateway (`docs/src/reference/api-gateway.md`
//! in the repository), and the sources of each statement.

use std::{borrow::Cow, collections::BTreeSet};

/// The table; the comment at its start describes the columns.
const TABLE: &str = include_str!("../coverage.txt");

const PAGES: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/";

/// A statement of the reference and how it is tested.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Statement {
    /// Its id in the reference, such as `R-5.2.3`.
    pub id: &'static str,
    /// What it is about, in a few words.
    pub what: &'static str,
    /// The ids of the cases that test it; empty if it is excluded.
    pub cases: Vec<&'static str>,
    /// Why no case tests it.
    pub excluded: Option<&'static str>,
    /// Its sources, abbreviated as in `coverage.txt`.
    pub sources: Vec<&'static str>,
}

impl Statement {
    /// Its sources as URLs.
    #[must_use]
    pub fn urls(&self) -> Vec<Cow<'static, str>> {
        self.sources.iter().filter_map(|source| url(source)).collect()
    }
}

/// All statements that have cases, and all documented or observed ones of sections 1 to 6 and 8.
#[must_use]
pub fn statements() -> Vec<Statement> {
    let rows = TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    rows.map(|line| {
        let mut columns = line.split(" | ").map(str::trim);
        let mut next = || columns.next().unwrap_or_default();
        let (id, what, by) = (next(), next(), next());
        let excluded = by.strip_prefix("excluded: ");
        let cases = if excluded.is_some() { Vec::new() } else { by.split(' ').collect() };
        let sources = next().split(' ').filter(|source| !source.is_empty()).collect();
        Statement { id, what, cases, excluded, sources }
    })
    .collect()
}

/// The statements that a case tests.
#[must_use]
pub fn of_case(id: &str) -> Vec<Statement> {
    statements().into_iter().filter(|statement| statement.cases.contains(&id)).collect()
}

/// The sources of the statements that a case tests, as URLs without duplicates.
#[must_use]
pub fn sources(id: &str) -> Vec<Cow<'static, str>> {
    let sources: BTreeSet<_> =
        of_case(id).into_iter().flat_map(|statement| statement.sources).collect();
    sources.into_iter().filter_map(url).collect()
}

/// Abbreviations of sources that many statements share.
const ABBREVIATIONS: [(&str, &str); 7] = [
    ("GIST", "https://gist.github.com/noid11/4aa8933d0b5cdbcc09d377c5d65d28c1"),
    ("GO", "https://github.com/aws/aws-lambda-go/tree/main/events/testdata"),
    ("KC410", "https://repost.aws/knowledge-center/410-gone-api-gateway"),
    ("MGMT", "https://github.com/boto/botocore/tree/develop/botocore/data/apigatewaymanagementapi"),
    ("PT", "https://github.com/aws-powertools/powertools-lambda-python"),
    (
        "RS",
        "https://github.com/awslabs/aws-lambda-rust-runtime/tree/main/lambda-events/src/fixtures",
    ),
    ("V2", "https://github.com/boto/botocore/tree/develop/botocore/data/apigatewayv2"),
];

fn url(source: &'static str) -> Option<Cow<'static, str>> {
    if source.starts_with("https://") {
        return Some(source.into());
    }
    if let Some((_, url)) = ABBREVIATIONS.iter().find(|(name, _)| *name == source) {
        return Some((*url).into());
    }
    let (kind, name) = source.split_once(':')?;
    Some(match kind {
        "DG" => format!("{PAGES}{name}.html").into(),
        "GH" => format!("https://github.com/{}", name.replace('#', "/issues/")).into(),
        "RP" => format!("https://repost.aws/questions/{name}").into(),
        _ => return None,
    })
}
