//! The names of Lift's files in the data folder, and the text of its marker.

/// The name of the data folder in an app's folder, unless --data-dir names another.
pub(crate) const DEFAULT_DATA_DIR: &str = ".lift";

/// The file that marks a folder as Lift's own. It is the lock, too.
pub(crate) const MARKER: &str = "lift-data";

/// How the text of the marker begins, in this and every later version.
pub(super) const MARKER_START: &str = "This folder belongs to `lift dev`";

pub(super) const MARKER_TEXT: &str = "\
This folder belongs to `lift dev`: it has the local DynamoDB, and files of the run that uses it now.
Keep other files elsewhere. Delete the folder to start with an empty database.
";

/// The database, and the files that SQLite makes beside it.
pub(super) const DATABASE: &str = "dynamodb.db";
pub(super) const BESIDE_DATABASE: [&str; 3] =
    ["dynamodb.db-wal", "dynamodb.db-shm", "dynamodb.db-journal"];
