//! What a reader reports: an error, which ends the reading, or a notice, which does not.

use std::{
    fmt::{self, Display, Formatter},
    path::{Path, PathBuf},
};

/// The result of a reader.
pub(crate) type Result<T, E = TemplateError> = std::result::Result<T, E>;

/// Why a template cannot be read, with its position.
///
/// Displayed as compilers do: `template.yaml:12: Resources.Chat.Properties.Runtime: ...`. The
/// parts that are not known are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    kind: ErrorKind,
    file: Option<PathBuf>,
    /// 0 if the error concerns the whole file.
    line: usize,
    path: String,
    message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ErrorKind {
    Syntax,
    NoTemplate,
    Option,
    Content,
}

impl TemplateError {
    /// An error in what the template says, on `line`; 0 is the whole file.
    pub(crate) fn new(line: usize, message: impl Into<String>) -> Self {
        let (file, path, message) = (None, String::new(), message.into());
        Self { kind: ErrorKind::Content, file, line, path, message }
    }

    /// The text is neither YAML nor JSON, or larger than any template.
    pub(crate) fn syntax(line: usize, message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Syntax, ..Self::new(line, message) }
    }

    /// The document is no template, or has no WebSocket API.
    pub(crate) fn no_template(line: usize, message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::NoTemplate, ..Self::new(line, message) }
    }

    /// An option is missing, or names something that the template does not have.
    pub(crate) fn option(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Option, ..Self::new(0, message) }
    }

    /// Adds a path, unless the error has a more exact one already.
    pub(crate) fn with_path(mut self, path: &str) -> Self {
        if self.path.is_empty() {
            path.clone_into(&mut self.path);
        }
        self
    }

    /// Puts a key before the path.
    pub(crate) fn below(mut self, key: &str) -> Self {
        self.path = match &*self.path {
            "" => key.to_owned(),
            path => format!("{key}.{path}"),
        };
        self
    }

    /// Adds the name of the file, for display.
    #[must_use]
    pub fn in_file(mut self, file: impl AsRef<Path>) -> Self {
        self.file = Some(file.as_ref().to_owned());
        self
    }

    /// The line, from 1; `None` if the error concerns the whole file.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        Some(self.line).filter(|line| *line > 0)
    }

    /// The path of keys, such as `Resources.Chat.Properties.Runtime`; empty if there is none.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What is wrong, and how to fix it, without the position.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Whether the text is neither YAML nor JSON, or larger or deeper than any template.
    #[must_use]
    pub fn is_syntax(&self) -> bool {
        self.kind == ErrorKind::Syntax
    }

    /// Whether the document is no template, or has no WebSocket API.
    #[must_use]
    pub fn is_no_template(&self) -> bool {
        self.kind == ErrorKind::NoTemplate
    }

    /// Whether other [`ReadOptions`](crate::ReadOptions) fix it: the API or the stage has to be
    /// chosen, or the options name one, or a parameter, that the template does not have.
    #[must_use]
    pub fn is_option(&self) -> bool {
        self.kind == ErrorKind::Option
    }
}

impl Display for TemplateError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match (&self.file, self.line) {
            (Some(file), 0) => write!(f, "{}: ", file.display())?,
            (Some(file), line) => write!(f, "{}:{line}: ", file.display())?,
            (None, 0) => {}
            (None, line) => write!(f, "line {line}: ")?,
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for TemplateError {}

/// Something that the template asks for and the model does not have, or that has no effect on this
/// machine. The rest of the template is read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Notice {
    /// The line, from 1, if it is known.
    pub line: Option<usize>,
    /// The path of keys, such as `Resources.Chat.Properties.VpcConfig`.
    pub path: String,
    /// What follows from it; continues the path as a sentence, such as "is ignored".
    pub message: String,
}

impl Notice {
    /// A notice without a line.
    #[must_use]
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { line: None, path: path.into(), message: message.into() }
    }

    /// The same notice on a line; 0 is no line.
    #[must_use]
    pub fn on_line(self, line: usize) -> Self {
        Self { line: Some(line).filter(|line| *line > 0), ..self }
    }
}
