//! Compares the description of a live table with the layout. It does no I/O.

use std::fmt;

use serde::{Serialize, Serializer, ser::SerializeStruct as _};

use super::{
    description::{Billing, IndexDescription, KeyAttribute, KeyList, Projection, TableDescription},
    difference::{TableDifference, TableNote},
    layout::{Content, IndexLayout, Layout},
};

/// The differences between a live table and the layout that an app needs.
///
/// Its JSON also has `fits`. In it, each difference and each note is an object with its `kind`, its
/// fields and its `Display` text as `message`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TableCheck {
    /// The table's name.
    pub table: String,
    /// Why the table does not fit; empty when it does.
    pub differences: Vec<TableDifference>,
    /// Facts that do not keep an app from using the table.
    pub notes: Vec<TableNote>,
}

impl TableCheck {
    /// Whether an app can use the table.
    #[must_use]
    pub fn fits(&self) -> bool {
        self.differences.is_empty()
    }

    /// `streams` says whether an optional stream is required.
    pub(super) fn of(live: &TableDescription, layout: &Layout, streams: bool) -> Self {
        let mut check =
            Self { table: live.name.clone(), differences: Vec::new(), notes: Vec::new() };
        let is_of_app = layout.content == Content::App;
        if !is_of_app && is_lift_for_go_table(live, layout) {
            check.differences.push(TableDifference::GoLift);
            return check;
        }
        check.status(live);
        check.keys(None, &live.keys, &layout.keys);
        for needed in &layout.indexes {
            check.index(live, needed);
        }
        let is_needed = |index: &IndexDescription| {
            layout.indexes.iter().any(|needed| needed.name == index.name)
        };
        let extra = live.indexes.iter().filter(|index| !is_needed(index));
        let extra = extra.map(|index| index.name.clone());
        check.notes.extend(extra.map(|index| match layout.content {
            Content::Connections => TableNote::ExtraIndex { index },
            Content::App => TableNote::UndeclaredIndex { index },
        }));
        if !is_of_app {
            let local = live.local_indexes.iter().cloned();
            check.differences.extend(local.map(|index| TableDifference::LocalIndex { index }));
        }
        if let Some(needed) = &layout.expiry {
            check.expiry(live, needed);
        }
        if live.billing == Billing::Provisioned {
            check.notes.push(TableNote::Provisioned);
        }
        if let Some(needed) = &layout.stream {
            check.stream(live, needed, streams || is_of_app);
        }
        check
    }

    fn status(&mut self, live: &TableDescription) {
        if !matches!(live.status.as_str(), "ACTIVE" | "UPDATING") {
            self.differences.push(TableDifference::Status { status: live.status.clone() });
        }
    }

    fn keys(&mut self, index: Option<&str>, found: &[KeyAttribute], needed: &[KeyAttribute]) {
        if found != needed {
            self.differences.push(TableDifference::Keys {
                index: index.map(ToOwned::to_owned),
                needed: KeyList(needed).to_string(),
                found: KeyList(found).to_string(),
            });
        }
    }

    fn index(&mut self, live: &TableDescription, needed: &IndexLayout) {
        let name = needed.name.clone();
        let Some(found) = live.indexes.iter().find(|index| index.name == name) else {
            self.differences.push(TableDifference::MissingIndex {
                index: name,
                keys: KeyList(&needed.keys).to_string(),
                projects: needed.projected.clone(),
            });
            return;
        };
        self.keys(Some(&name), &found.keys, &needed.keys);
        if !matches!(found.status.as_str(), "ACTIVE" | "UPDATING") {
            let status = found.status.clone();
            self.differences.push(TableDifference::IndexStatus { index: name.clone(), status });
        }
        let without = |all: &[String], some: &[String]| -> Vec<String> {
            all.iter().filter(|name| !some.contains(name)).cloned().collect()
        };
        let (missing, extra) = match (&needed.projected, &found.projected) {
            (Projection::All, Projection::All) => return,
            (Projection::All, Projection::Only(_)) => (None, Some(Vec::new())),
            (Projection::Only(_), Projection::All) => (Some(Vec::new()), None),
            (Projection::Only(needed), Projection::Only(found)) => {
                (Some(without(needed, found)), Some(without(found, needed)))
            }
        };
        let is_some = |names: &Option<Vec<String>>| names.as_ref().is_none_or(|n| !n.is_empty());
        if is_some(&missing) {
            self.differences.push(TableDifference::Projection { index: name.clone(), missing });
        }
        if is_some(&extra) {
            self.notes.push(TableNote::ExtraProjection { index: name, attributes: extra });
        }
    }

    fn expiry(&mut self, live: &TableDescription, needed: &str) {
        let (attribute, needed) = (live.expiry.attribute.as_deref(), needed.to_owned());
        if !live.expiry.is_on() {
            self.differences.push(TableDifference::ExpiryOff { needed });
        } else if attribute != Some(&*needed) {
            let attribute = attribute.unwrap_or_default().to_owned();
            self.differences.push(TableDifference::ExpiryAttribute { attribute, needed });
        }
    }

    fn stream(&mut self, live: &TableDescription, needed: &str, is_required: bool) {
        let (view, needed) = (live.stream.clone(), needed.to_owned());
        match (view.as_deref() == Some(&*needed), is_required) {
            (true, _) => (),
            (false, true) => self.differences.push(TableDifference::Stream { view, needed }),
            (false, false) => self.notes.push(TableNote::Stream { view, needed }),
        }
    }
}

/// Lift for Go uses the same names: newer versions in capitals. In older versions, the indexes project every
/// attribute, which those of this crate never do.
fn is_lift_for_go_table(live: &TableDescription, layout: &Layout) -> bool {
    fn names(keys: &[KeyAttribute]) -> Vec<&str> {
        keys.iter().map(|key| &*key.name).collect()
    }
    let table = names(&live.keys);
    let is_in_capitals = table == ["PK", "SK"];
    let holds = |needed: &IndexLayout| {
        live.indexes.iter().any(|index| {
            index.name == needed.name
                && names(&index.keys) == names(&needed.keys)
                && (is_in_capitals || index.projected == Projection::All)
        })
    };
    (is_in_capitals || table == names(&layout.keys)) && layout.indexes.iter().all(holds)
}

/// Text for a person: a line for each difference and note, without a line break at the end.
impl fmt::Display for TableCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.fits() {
            write!(f, "The table {} fits.", self.table)?;
        } else {
            write!(f, "The table {} does not fit:", self.table)?;
        }
        for difference in &self.differences {
            write!(f, "\n  - {difference}")?;
        }
        for note in &self.notes {
            write!(f, "\n  note: {note}")?;
        }
        Ok(())
    }
}

impl Serialize for TableCheck {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut check = serializer.serialize_struct("Check", 4)?;
        check.serialize_field("table", &self.table)?;
        check.serialize_field("fits", &self.fits())?;
        check.serialize_field("differences", &with_messages(&self.differences))?;
        check.serialize_field("notes", &with_messages(&self.notes))?;
        check.end()
    }
}

#[derive(Serialize)]
struct WithMessage<'a, T> {
    #[serde(flatten)]
    fields: &'a T,
    message: String,
}

fn with_messages<T: fmt::Display>(all: &[T]) -> Vec<WithMessage<'_, T>> {
    let with_message = |one| WithMessage { fields: one, message: T::to_string(one) };
    all.iter().map(with_message).collect()
}
