//! Reads a map of a template key by key. Each key that is read is taken out. The keys that are left
//! at the end become notices, so nothing is ignored silently.

use std::str::FromStr;

use crate::{
    error::{Notice, Result, TemplateError},
    node::{Node, NodeKind},
    resource::Resource,
    scope::Scope,
};

/// The notice for a key that is not read.
pub(crate) const IGNORED: &str = "is ignored";

/// The properties of a resource, or a map in them.
#[derive(Debug)]
pub(crate) struct PropertyReader<'a> {
    scope: &'a Scope<'a>,
    path: String,
    line: usize,
    left: Vec<(String, Node)>,
}

/// Readers of the resources of a type that belong to an API.
pub(crate) fn readers_of_api<'a>(
    scope: &'a Scope<'a>,
    resource_type: &str,
    api_id: &str,
) -> Result<Vec<(&'a Resource, PropertyReader<'a>)>> {
    let mut readers = Vec::new();
    for resource in scope.resources().iter().filter(|one| one.resource_type == resource_type) {
        let mut properties = PropertyReader::of_resource(scope, resource)?;
        // An unknown `ApiId` is treated as the id of another API.
        if properties.text_or_reason("ApiId")?.is_some_and(|id| id.as_deref() == Ok(api_id)) {
            readers.push((resource, properties));
        }
    }
    Ok(readers)
}

impl<'a> PropertyReader<'a> {
    pub(crate) fn of_resource(scope: &'a Scope<'a>, resource: &Resource) -> Result<Self> {
        Self::new(scope, &*resource.path, &resource.properties)
    }

    /// A reader of a map, or of a call whose value is one.
    pub(crate) fn new(scope: &'a Scope<'a>, path: impl Into<String>, node: &Node) -> Result<Self> {
        let path = path.into();
        let is_call = matches!(node.entries(), [(name, _)] if name.starts_with("Fn::"));
        let node = if is_call { scope.eval(node)? } else { node.clone() };
        let line = node.line;
        match node.kind {
            NodeKind::Map(left) => Ok(Self { scope, path, line, left }),
            NodeKind::Null | NodeKind::Absent => Ok(Self { scope, path, line, left: Vec::new() }),
            NodeKind::Unknown(reason) => Err(TemplateError::new(line, reason).with_path(&path)),
            _ => Err(TemplateError::new(line, "this must be a map").with_path(&path)),
        }
    }

    pub(crate) fn scope(&self) -> &'a Scope<'a> {
        self.scope
    }

    pub(crate) fn path_of(&self, key: &str) -> String {
        match &*self.path {
            "" => key.to_owned(),
            path => format!("{path}.{key}"),
        }
    }

    /// The line of a key, or of the map if the key is missing.
    pub(crate) fn line_of(&self, key: &str) -> usize {
        self.left.iter().find(|(name, _)| name == key).map_or(self.line, |(_, node)| node.line)
    }

    /// Takes a key out. `None` if it is missing.
    fn remove(&mut self, key: &str) -> Option<Node> {
        let index = self.left.iter().position(|(name, _)| name == key)?;
        Some(self.left.remove(index).1)
    }

    /// The value of a key. `None` if the key is missing or has no value.
    pub(crate) fn value(&mut self, key: &str) -> Result<Option<Node>> {
        let Some(node) = self.remove(key) else { return Ok(None) };
        let value = self.scope.eval(&node).map_err(|error| error.with_path(&self.path_of(key)))?;
        Ok(Some(value).filter(|value| !matches!(value.kind, NodeKind::Absent | NodeKind::Null)))
    }

    /// A text, or why it is unknown.
    pub(crate) fn text_or_reason(&mut self, key: &str) -> Result<Option<Result<String, String>>> {
        let Some(node) = self.value(key)? else { return Ok(None) };
        match node.kind {
            NodeKind::Text { text, .. } => Ok(Some(Ok(text))),
            NodeKind::Unknown(reason) => Ok(Some(Err(reason))),
            _ => Err(self.error(node.line, key, "this must be a text")),
        }
    }

    /// A text. An unknown one is an error.
    pub(crate) fn text(&mut self, key: &str) -> Result<Option<String>> {
        let line = self.line_of(key);
        let text = self.text_or_reason(key)?.transpose();
        text.map_err(|reason| self.error(line, key, reason))
    }

    /// A text. A missing one is an error.
    pub(crate) fn required(&mut self, key: &str) -> Result<String> {
        let missing = || TemplateError::new(self.line, format!("`{key}` is missing"));
        let error = missing().with_path(&self.path);
        self.text(key)?.ok_or(error)
    }

    /// A text that is parsed, such as a number. `expected` names it for the error.
    pub(crate) fn parsed<T: FromStr>(&mut self, key: &str, expected: &str) -> Result<Option<T>> {
        let line = self.line_of(key);
        let Some(text) = self.text(key)? else { return Ok(None) };
        match text.parse() {
            Ok(value) => Ok(Some(value)),
            Err(_) => Err(self.error(line, key, format!("`{text}` is not {expected}"))),
        }
    }

    /// `true` or `false`, which is the default.
    pub(crate) fn flag(&mut self, key: &str) -> Result<bool> {
        Ok(self.parsed(key, "`true` or `false`")?.unwrap_or(false))
    }

    /// A list of texts. A single text is a list of one.
    pub(crate) fn texts(&mut self, key: &str) -> Result<Vec<String>> {
        let Some(node) = self.value(key)? else { return Ok(Vec::new()) };
        let items = match &node.kind {
            NodeKind::List(items) => &items[..],
            _ => std::slice::from_ref(&node),
        };
        let text = |item: &Node| match &item.kind {
            NodeKind::Text { text, .. } => Ok(text.clone()),
            NodeKind::Unknown(reason) => Err(self.error(item.line, key, reason.clone())),
            _ => Err(self.error(item.line, key, "this must be a list of texts")),
        };
        items.iter().map(text).collect()
    }

    /// A reader of the map at a key.
    pub(crate) fn nested(&mut self, key: &str) -> Result<Option<Self>> {
        let Some(node) = self.remove(key) else { return Ok(None) };
        Self::new(self.scope, self.path_of(key), &node).map(Some)
    }

    /// The keys that are left.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.left.iter().map(|(key, _)| key.clone()).collect()
    }

    /// Takes out keys that have no effect on this machine and need no notice.
    pub(crate) fn ignore(&mut self, keys: &[&str]) {
        self.left.retain(|(key, _)| !keys.contains(&&**key));
    }

    /// Takes out keys, with a notice for each one that is there.
    pub(crate) fn notice(&mut self, keys: &[&str], message: &str, notices: &mut Vec<Notice>) {
        let (named, left) =
            std::mem::take(&mut self.left).into_iter().partition(|(key, _)| keys.contains(&&**key));
        self.left = named;
        self.notice_rest(message, notices);
        self.left = left;
    }

    /// Takes out all keys that are left, with a notice for each one.
    pub(crate) fn notice_rest(&mut self, message: &str, notices: &mut Vec<Notice>) {
        for (key, node) in std::mem::take(&mut self.left) {
            notices.push(Notice::new(self.path_of(&key), message).on_line(node.line));
        }
    }

    /// Ends the reading: the keys that are left are ignored, with a notice for each one.
    pub(crate) fn finish(mut self, notices: &mut Vec<Notice>) {
        self.notice_rest(IGNORED, notices);
    }

    /// An error at a key.
    pub(crate) fn error(
        &self,
        line: usize,
        key: &str,
        message: impl Into<String>,
    ) -> TemplateError {
        TemplateError::new(line, message).with_path(&self.path_of(key))
    }
}
