//! Compares the description of a live table with the layout. It does no I/O.

use std::fmt;

use serde::{Serialize, Serializer, ser::SerializeStruct as _};

use super::{
    description::{Billing, IndexDescription, KeyAttribute, KeyList, Projection, TableDescription},
    difference::{TableDifference, TableNote},
    layout::{self, EXPIRY, STREAM_VIEW},
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

    pub(super) fn of(live: &TableDescription, streams: bool) -> Self {
        let mut check =
            Self { table: live.name.clone(), differences: Vec::new(), notes: Vec::new() };
        if is_lift_for_go_table(live) {
            check.differences.push(TableDifference::GoLift);
            return check;
        }
        check.status(live);
        check.keys(None, &live.keys, &layout::KEYS);
        for needed in &layout::INDEXES {
            check.index(live, needed);
        }
        let extra = live.indexes.iter().filter(|index| is_extra(index));
        check.notes.extend(extra.map(|index| TableNote::ExtraIndex { index: index.name.clone() }));
        let local = live.local_indexes.iter();
        check
            .differences
            .extend(local.map(|index| TableDifference::LocalIndex { index: index.clone() }));
        check.expiry(live);
        if live.billing == Billing::Provisioned {
            check.notes.push(TableNote::Provisioned);
        }
        check.stream(live, streams);
        check
    }

    fn status(&mut self, live: &TableDescription) {
        if !matches!(live.status.as_str(), "ACTIVE" | "UPDATING") {
            self.differences.push(TableDifference::Status { status: live.status.clone() });
        }
    }

    fn keys(&mut self, index: Option<&str>, found: &[KeyAttribute], needed: &layout::KeyLayout) {
        let needed = needed.described();
        if found != needed {
            self.differences.push(TableDifference::Keys {
                index: index.map(ToOwned::to_owned),
                needed: KeyList(&needed).to_string(),
                found: KeyList(found).to_string(),
            });
        }
    }

    fn index(&mut self, live: &TableDescription, needed: &layout::IndexLayout) {
        let name = needed.name.to_owned();
        let Some(found) = live.indexes.iter().find(|index| index.name == name) else {
            self.differences.push(TableDifference::MissingIndex {
                index: name,
                keys: KeyList(&needed.keys.described()).to_string(),
                projects: needed.projected.iter().map(|&name| name.to_owned()).collect(),
            });
            return;
        };
        self.keys(Some(needed.name), &found.keys, &needed.keys);
        if !matches!(found.status.as_str(), "ACTIVE" | "UPDATING") {
            let status = found.status.clone();
            self.differences.push(TableDifference::IndexStatus { index: name.clone(), status });
        }
        let Projection::Only(found) = &found.projected else {
            self.notes.push(TableNote::ExtraProjection { index: name, attributes: None });
            return;
        };
        let missing: Vec<String> = needed
            .projected
            .iter()
            .filter(|&&attribute| !found.iter().any(|found| found == attribute))
            .map(|&attribute| attribute.to_owned())
            .collect();
        let extra: Vec<String> = found
            .iter()
            .filter(|found| !needed.projected.contains(&found.as_str()))
            .cloned()
            .collect();
        if !missing.is_empty() {
            self.differences.push(TableDifference::Projection { index: name.clone(), missing });
        }
        if !extra.is_empty() {
            self.notes.push(TableNote::ExtraProjection { index: name, attributes: Some(extra) });
        }
    }

    fn expiry(&mut self, live: &TableDescription) {
        let attribute = live.expiry.attribute.as_deref();
        if !live.expiry.is_on() {
            self.differences.push(TableDifference::ExpiryOff);
        } else if attribute != Some(EXPIRY) {
            let attribute = attribute.unwrap_or_default().to_owned();
            self.differences.push(TableDifference::ExpiryAttribute { attribute });
        }
    }

    fn stream(&mut self, live: &TableDescription, needed: bool) {
        let view = live.stream.clone();
        match (view.as_deref() == Some(STREAM_VIEW), needed) {
            (true, _) => (),
            (false, true) => self.differences.push(TableDifference::Stream { view }),
            (false, false) => self.notes.push(TableNote::Stream { view }),
        }
    }
}

fn is_extra(index: &IndexDescription) -> bool {
    !layout::INDEXES.iter().any(|needed| needed.name == index.name)
}

/// Lift for Go uses the same names: newer versions in capitals. In older versions, the indexes project every
/// attribute, which those of this crate never do.
fn is_lift_for_go_table(live: &TableDescription) -> bool {
    let names = |keys: &[KeyAttribute]| keys.iter().map(|key| key.name.clone()).collect::<Vec<_>>();
    let table = names(&live.keys);
    let is_in_capitals = table == ["PK", "SK"];
    let holds = |needed: &layout::IndexLayout| {
        live.indexes.iter().any(|index| {
            index.name == needed.name
                && names(&index.keys) == needed.keys.names()
                && (is_in_capitals || index.projected == Projection::All)
        })
    };
    (is_in_capitals || table == layout::KEYS.names()) && layout::INDEXES.iter().all(holds)
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
