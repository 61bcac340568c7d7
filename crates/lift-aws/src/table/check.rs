//! Compares a live table with the layout. No I/O: a description in, what differs out.

use std::fmt;

use serde::{Serialize, Serializer, ser::SerializeStruct as _};

use super::{
    description::{Billing, Description, Index, Key, Listed, Projected},
    difference::{Difference, Note},
    layout::{self, EXPIRY, STREAM},
};

/// How a live table compares with what an app needs.
///
/// As JSON it also says whether it `fits`, and each difference and each note is an object with its
/// `kind`, its particulars, and the `message` that its `Display` is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Check {
    /// The table's name.
    pub table: String,
    /// Why the table does not fit; empty when it does.
    pub differences: Vec<Difference>,
    /// What is worth knowing, and no fault.
    pub notes: Vec<Note>,
}

impl Check {
    /// Whether an app can use the table.
    #[must_use]
    pub fn fits(&self) -> bool {
        self.differences.is_empty()
    }

    pub(super) fn of(live: &Description, streams: bool) -> Self {
        let mut check =
            Self { table: live.name.clone(), differences: Vec::new(), notes: Vec::new() };
        if is_of_go_lift(live) {
            check.differences.push(Difference::GoLift);
            return check;
        }
        check.status(live);
        check.keys(None, &live.keys, &layout::KEYS);
        for needed in &layout::INDEXES {
            check.index(live, needed);
        }
        let extra = live.indexes.iter().filter(|index| is_extra(index));
        check.notes.extend(extra.map(|index| Note::ExtraIndex { index: index.name.clone() }));
        let local = live.local_indexes.iter();
        check
            .differences
            .extend(local.map(|index| Difference::LocalIndex { index: index.clone() }));
        check.expiry(live);
        if live.billing == Billing::Provisioned {
            check.notes.push(Note::Provisioned);
        }
        check.stream(live, streams);
        check
    }

    fn status(&mut self, live: &Description) {
        if !matches!(live.status.as_str(), "ACTIVE" | "UPDATING") {
            self.differences.push(Difference::Status { status: live.status.clone() });
        }
    }

    fn keys(&mut self, index: Option<&str>, found: &[Key], needed: &layout::Keys) {
        let needed = needed.described();
        if found != needed {
            self.differences.push(Difference::Keys {
                index: index.map(ToOwned::to_owned),
                needed: Listed(&needed).to_string(),
                found: Listed(found).to_string(),
            });
        }
    }

    fn index(&mut self, live: &Description, needed: &layout::Index) {
        let name = needed.name.to_owned();
        let Some(found) = live.indexes.iter().find(|index| index.name == name) else {
            self.differences.push(Difference::MissingIndex {
                index: name,
                keys: Listed(&needed.keys.described()).to_string(),
                projects: needed.projected.iter().map(|&name| name.to_owned()).collect(),
            });
            return;
        };
        self.keys(Some(needed.name), &found.keys, &needed.keys);
        if !matches!(found.status.as_str(), "ACTIVE" | "UPDATING") {
            let status = found.status.clone();
            self.differences.push(Difference::IndexStatus { index: name.clone(), status });
        }
        let Projected::Only(found) = &found.projected else {
            self.notes.push(Note::ExtraProjection { index: name, attributes: None });
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
            self.differences.push(Difference::Projection { index: name.clone(), missing });
        }
        if !extra.is_empty() {
            self.notes.push(Note::ExtraProjection { index: name, attributes: Some(extra) });
        }
    }

    fn expiry(&mut self, live: &Description) {
        let attribute = live.expiry.attribute.as_deref();
        if !live.expiry.is_on() {
            self.differences.push(Difference::ExpiryOff);
        } else if attribute != Some(EXPIRY) {
            let attribute = attribute.unwrap_or_default().to_owned();
            self.differences.push(Difference::ExpiryAttribute { attribute });
        }
    }

    fn stream(&mut self, live: &Description, needed: bool) {
        let view = live.stream.clone();
        match (view.as_deref() == Some(STREAM), needed) {
            (true, _) => (),
            (false, true) => self.differences.push(Difference::Stream { view }),
            (false, false) => self.notes.push(Note::Stream { view }),
        }
    }
}

fn is_extra(index: &Index) -> bool {
    !layout::INDEXES.iter().any(|needed| needed.name == index.name)
}

/// The Go framework's table has the same names, in capitals since it changed its mapper. Before, its
/// indexes hold every attribute, which Lift's own never do.
fn is_of_go_lift(live: &Description) -> bool {
    let names = |keys: &[Key]| keys.iter().map(|key| key.name.clone()).collect::<Vec<_>>();
    let table = names(&live.keys);
    let is_in_capitals = table == ["PK", "SK"];
    let holds = |needed: &layout::Index| {
        live.indexes.iter().any(|index| {
            index.name == needed.name
                && names(&index.keys) == needed.keys.names()
                && (is_in_capitals || index.projected == Projected::All)
        })
    };
    (is_in_capitals || table == layout::KEYS.names()) && layout::INDEXES.iter().all(holds)
}

/// What a person reads: a line for each, without an end of line after the last.
impl fmt::Display for Check {
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

impl Serialize for Check {
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
    particulars: &'a T,
    message: String,
}

fn with_messages<T: fmt::Display>(all: &[T]) -> Vec<WithMessage<'_, T>> {
    let with_message = |one| WithMessage { particulars: one, message: T::to_string(one) };
    all.iter().map(with_message).collect()
}
