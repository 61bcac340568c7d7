//! Where a client shows what an authorizer wants to see: AWS's `identitySource` (reference,
//! section 2).

use std::str::FromStr;

/// A value of the handshake that has to be there, and not empty, before an authorizer is asked.
///
/// ```
/// use lift_gateway::IdentitySource;
///
/// let source: IdentitySource = "route.request.querystring.token".parse()?;
/// assert_eq!(source, IdentitySource::Query("token".into()));
/// assert!("$request.header.token".parse::<IdentitySource>().is_err(), "that is for HTTP APIs");
/// # Ok::<_, lift_gateway::IdentitySourceError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdentitySource {
    /// `route.request.header.NAME`, in any case.
    Header(String),
    /// `route.request.querystring.NAME`
    Query(String),
    /// `context.PATH`: a field of the event's `requestContext`, such as `identity.sourceIp`.
    Context(String),
    /// `stageVariables.NAME`
    StageVariable(String),
}

/// The text is not an identity source of a WebSocket API.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not an identity source such as `route.request.header.Authorization`, \
     `route.request.querystring.token`, `context.identity.sourceIp` or `stageVariables.name`"
)]
pub struct IdentitySourceError(String);

impl FromStr for IdentitySource {
    type Err = IdentitySourceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        type Make = fn(String) -> IdentitySource;
        let kinds: [(&str, Make); 4] = [
            ("route.request.header.", Self::Header),
            ("route.request.querystring.", Self::Query),
            ("context.", Self::Context),
            ("stageVariables.", Self::StageVariable),
        ];
        let read = |(prefix, make): &(&str, Make)| {
            let name = text.strip_prefix(prefix)?;
            (!name.is_empty()).then(|| make(name.to_owned()))
        };
        kinds.iter().find_map(read).ok_or_else(|| IdentitySourceError(text.to_owned()))
    }
}
