//! Whether an IAM policy allows a connection: a matching Deny wins, else a matching Allow, else no.

use serde::Deserialize;
use serde_json::Value;

/// The action of a handshake.
const ACTION: &str = "execute-api:Invoke";

/// The parts of a policy document that matter to a handshake.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Policy {
    statement: OneOrMany<Statement>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    effect: Effect,
    action: Option<OneOrMany<String>>,
    not_action: Option<OneOrMany<String>>,
    resource: Option<OneOrMany<String>>,
    not_resource: Option<OneOrMany<String>>,
    condition: Option<Value>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
enum Effect {
    Allow,
    Deny,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    fn as_slice(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

impl Policy {
    /// Whether the policy lets a client connect to `arn`.
    pub(super) fn allows(&self, arn: &str) -> bool {
        let mut matching = Vec::new();
        for statement in self.statement.as_slice() {
            if statement.matches(arn) {
                matching.push(statement.effect);
            }
        }
        matching.contains(&Effect::Allow) && !matching.contains(&Effect::Deny)
    }
}

impl Statement {
    fn matches(&self, arn: &str) -> bool {
        if self.condition.is_some() && self.effect == Effect::Allow {
            // Conditions are not evaluated, so a Deny with one counts and an Allow with one does not.
            tracing::warn!(
                "ignored an authorizer's Allow with a Condition: conditions are not evaluated"
            );
            return false;
        }
        let action = |pattern: &str| {
            matches_wildcard(&pattern.to_ascii_lowercase(), &ACTION.to_ascii_lowercase())
        };
        let resource = |pattern: &str| matches_wildcard(pattern, arn);
        element_matches(&self.action, &self.not_action, action)
            && element_matches(&self.resource, &self.not_resource, resource)
    }
}

/// Whether the element of a statement applies: one of `list` matches, or none of `not` does.
fn element_matches(
    list: &Option<OneOrMany<String>>,
    not: &Option<OneOrMany<String>>,
    is: impl Fn(&str) -> bool,
) -> bool {
    match (list, not) {
        (Some(list), _) => list.as_slice().iter().any(|pattern| is(pattern)),
        (None, Some(not)) => !not.as_slice().iter().any(|pattern| is(pattern)),
        (None, None) => false,
    }
}

/// Whether `text` matches `pattern`: `*` matches any text, `?` one character. The time is at most the product
/// of both lengths.
fn matches_wildcard(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<_>, Vec<_>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // The last `*`, and the end of the text that it matches.
    let mut star = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((at, until)) = star else { return false };
                star = Some((at, until + 1));
                p = at + 1;
                t = until + 1;
            }
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:execute-api:eu-west-1:111122223333:k3v9/prod/$connect";

    fn allows(document: &str) -> bool {
        let policy: Policy = serde_json::from_str(document).expect("a policy");
        policy.allows(ARN)
    }

    fn allows_with(action: &str, resource: &str) -> bool {
        allows(&format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Action":"{action}","Effect":"Allow","Resource":"{resource}"}}]}}"#
        ))
    }

    #[test]
    fn wildcards() {
        for (action, resource, expected) in [
            ("execute-api:Invoke", ARN, true),
            ("execute-api:invoke", "*", true),
            ("execute-api:*", "arn:aws:execute-api:*:*:k3v9/prod/$connect", true),
            ("*", "arn:aws:execute-api:eu-west-?:111122223333:*/*/$connect", true),
            ("execute-api:Invoke", "arn:aws:execute-api:eu-west-1:111122223333:k3v9/*", true),
            ("execute-api:Invoke", "*$connect", true),
            ("execute-api:Invoke", "*/$connec", false),
            ("execute-api:Invoke", "", false),
            ("execute-api:ManageConnections", "*", false),
            // The form of a REST API has one segment too many ([R-2.11]).
            (
                "execute-api:Invoke",
                "arn:aws:execute-api:eu-west-1:111122223333:k3v9/prod/*/*",
                false,
            ),
            ("execute-api:Invoke", "arn:aws:execute-api:eu-west-1:111122223333:k3v9/dev/*", false),
        ] {
            assert_eq!(allows_with(action, resource), expected, "{action} {resource}");
        }
    }

    #[test]
    fn a_deny_wins_and_nothing_is_allowed_by_itself() {
        let allow = r#"{"Action":"*","Effect":"Allow","Resource":["x","*"]}"#;
        let deny = r#"{"Action":["a","execute-api:*"],"Effect":"Deny","Resource":"*/prod/*"}"#;
        assert!(allows(&format!(r#"{{"Statement":{allow}}}"#)));
        assert!(!allows(&format!(r#"{{"Statement":[{allow},{deny}]}}"#)));
        assert!(!allows(r#"{"Statement":[]}"#));
        assert!(!allows(r#"{"Statement":{"Action":"*","Effect":"Allow"}}"#));
        assert!(allows(r#"{"Statement":{"NotAction":"s3:*","Effect":"Allow","NotResource":"x"}}"#));
        assert!(!allows(
            r#"{"Statement":{"Action":"*","Effect":"Allow","Resource":"*","Condition":{}}}"#
        ));
    }
}
