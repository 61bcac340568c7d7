//! Section 3: which route a message goes to.

use crate::{
    Api, Case, Mark::*, Observed, Site,
    error::{holds, same},
};

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new(
            "3-exact",
            Documented,
            "a message goes to the route that its `action` names",
            |site| goes(site, r#"{"action":"two"}"#, "two"),
        ),
        Case::new(
            "3-no-match",
            Documented,
            "a message that selects no route goes to `$default`, and its event says `$default`",
            |site| goes(site, r#"{"action":"nobody"}"#, "$default"),
        ),
        Case::new(
            "3-no-route",
            Observed,
            "without a route and without `$default` the client gets the \"Forbidden\" frame, byte for byte, \
             and stays connected",
            forbidden,
        )
        .at(Api::Bare),
    ]
}

async fn goes(site: Site, message: &'static str, route: &'static str) -> Observed {
    let mut client = site.client().await?;
    client.send(message).await?;
    let event = client.json().await?;
    same("the route key", event["requestContext"]["routeKey"].as_str(), Some(route))
}

async fn forbidden(site: Site) -> Observed {
    let mut client = site.client().await?;
    let id = client.id().await?;
    client.send(r#"{"action":"nobody"}"#).await?;
    let frame = client.text().await?;
    let start = format!(r#"{{"message": "Forbidden", "connectionId":"{id}", "requestId":""#);
    holds(&format!("{start}..\"}}"), frame.starts_with(&start) && frame.ends_with("\"}"), &frame)?;
    client.still_quiet().await
}
