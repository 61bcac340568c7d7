//! A record of a DynamoDB stream, as Lambda passes it to a function: the fields that are read here.

use std::collections::HashMap;

use lift_ws::{ConnectionId, event::Timestamp};
use serde::Deserialize;

use crate::store::{
    attributes::{self, PARTITION_KEY, SORT_KEY, TENANT, USER},
    connection_of,
};

#[derive(Deserialize)]
pub(super) struct Record {
    #[serde(rename = "eventName")]
    name: Name,
    dynamodb: Changed,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "UPPERCASE")]
enum Name {
    Insert,
    Modify,
    Remove,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Changed {
    sequence_number: String,
    keys: Image,
    old_image: Option<Image>,
    new_image: Option<Image>,
}

/// An item's attributes.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Image(HashMap<String, Attribute>);

/// A string or a number: Lift reads no other types.
#[derive(Deserialize)]
struct Attribute {
    #[serde(rename = "S")]
    string: Option<String>,
    #[serde(rename = "N")]
    number: Option<String>,
}

impl Record {
    /// The connection whose row changed; `None` for an app's item and for META.
    pub(super) fn connection(&self) -> Option<ConnectionId> {
        let keys = &self.dynamodb.keys;
        connection_of(keys.string(PARTITION_KEY)?, keys.string(SORT_KEY)?)
    }

    /// The item before and after the change.
    pub(super) fn images(&self) -> Result<(Option<&Image>, Option<&Image>), String> {
        let Changed { old_image, new_image, .. } = &self.dynamodb;
        let (wants_old, wants_new) = (self.name != Name::Insert, self.name != Name::Remove);
        if old_image.is_some() != wants_old || new_image.is_some() != wants_new {
            return Err("the stream's view must be NEW_AND_OLD_IMAGES".to_owned());
        }
        Ok((old_image.as_ref(), new_image.as_ref()))
    }

    pub(super) fn into_sequence_number(self) -> String {
        self.dynamodb.sequence_number
    }
}

impl Image {
    /// Whether this is the row of a live connection.
    pub(super) fn is_live(&self) -> bool {
        attributes::is_live(&self.0)
    }

    pub(super) fn user(&self) -> Option<&str> {
        self.string(USER)
    }

    pub(super) fn tenant(&self) -> Option<&str> {
        self.string(TENANT)
    }

    /// A time that is stored in milliseconds since 1970.
    pub(super) fn time(&self, name: &str) -> Result<Timestamp, String> {
        let millis = self.0.get(name).and_then(|value| value.number.as_ref()?.parse().ok());
        millis
            .map(Timestamp::from_millis)
            .ok_or_else(|| format!("its attribute `{name}` is not a number"))
    }

    fn string(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.string.as_deref()
    }
}
