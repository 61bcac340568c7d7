//! Which case shows which statement of the reference, and where the statement is from.

use std::{borrow::Cow, collections::BTreeSet};

/// The table; its head says what the columns are.
const TABLE: &str = include_str!("../coverage.txt");

const PAGES: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/";

/// A statement of the reference that is documented or observed.
#[derive(Clone, Debug)]
pub struct Statement {
    /// The CRC-32 of its line in the reference, in hexadecimal.
    pub hash: &'static str,
    /// The reference's section.
    pub section: &'static str,
    /// What it is about.
    pub what: &'static str,
    /// The cases that show it; none when it is excluded.
    pub cases: Vec<&'static str>,
    /// Why it has no case.
    pub excluded: Option<&'static str>,
    /// Where it is from, in short.
    pub sources: Vec<&'static str>,
}

/// Every statement.
///
/// # Panics
/// When the table, which is part of the program, has a line with too few columns.
#[must_use]
pub fn statements() -> Vec<Statement> {
    let rows = TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    rows.map(|line| {
        let mut columns = line.split(" | ").map(str::trim);
        let mut next = || columns.next().unwrap_or_default();
        let (hash, section, what, by) = (next(), next(), next(), next());
        let excluded = by.strip_prefix("excluded: ");
        let cases = if excluded.is_some() { Vec::new() } else { by.split(' ').collect() };
        let sources = next().split(' ').filter(|source| !source.is_empty()).collect();
        Statement { hash, section, what, cases, excluded, sources }
    })
    .collect()
}

/// Where it is known from that API Gateway does what a case says, as URLs.
#[must_use]
pub fn sources(id: &str) -> Vec<Cow<'static, str>> {
    let of_case = statements().into_iter().filter(|statement| statement.cases.contains(&id));
    let sources: BTreeSet<_> = of_case.flat_map(|statement| statement.sources).collect();
    sources.into_iter().filter_map(url).collect()
}

/// Sources that many statements have.
const OFTEN: [(&str, &str); 7] = [
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
    if let Some((_, url)) = OFTEN.iter().find(|(name, _)| *name == source) {
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
