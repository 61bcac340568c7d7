//! A map of a template as a reader goes through it. Each key that is read is taken out, and what is
//! left at the end is what nobody does: it becomes notices.

use std::str::FromStr;

use super::{
    fault::{Fault, Notice, Read},
    node::{Kind, Node},
    scope::Scope,
};

/// The properties of a resource, or a map within them.
#[derive(Debug)]
pub(crate) struct Section<'a> {
    scope: &'a Scope<'a>,
    place: String,
    line: usize,
    left: Vec<(String, Node)>,
}

impl<'a> Section<'a> {
    /// A map, which may itself be the value of a call.
    pub(crate) fn new(scope: &'a Scope<'a>, place: impl Into<String>, node: &Node) -> Read<Self> {
        let place = place.into();
        let is_call = matches!(node.entries(), [(name, _)] if name.starts_with("Fn::"));
        let node = if is_call { scope.eval(node)? } else { node.clone() };
        let line = node.line;
        match node.kind {
            Kind::Map(left) => Ok(Self { scope, place, line, left }),
            Kind::Null | Kind::Absent => Ok(Self { scope, place, line, left: Vec::new() }),
            Kind::Unknown(why) => Err(Fault::new(line, why).at(&place)),
            _ => Err(Fault::new(line, "this has to be a map").at(&place)),
        }
    }

    pub(crate) fn scope(&self) -> &'a Scope<'a> {
        self.scope
    }

    pub(crate) fn place_of(&self, key: &str) -> String {
        match &*self.place {
            "" => key.to_owned(),
            place => format!("{place}.{key}"),
        }
    }

    /// Takes a key and its value, which is `None` where there is none.
    pub(crate) fn take(&mut self, key: &str) -> Read<Option<Node>> {
        let Some(at) = self.left.iter().position(|(name, _)| name == key) else { return Ok(None) };
        let (_, node) = self.left.remove(at);
        let value = self.scope.eval(&node).map_err(|fault| fault.at(&self.place_of(key)))?;
        Ok(Some(value).filter(|value| !matches!(value.kind, Kind::Absent | Kind::Null)))
    }

    /// A text, and why it is not known if only AWS knows it.
    pub(crate) fn text_or_why(&mut self, key: &str) -> Read<Option<Result<String, String>>> {
        let Some(node) = self.take(key)? else { return Ok(None) };
        match node.kind {
            Kind::Text { text, .. } => Ok(Some(Ok(text))),
            Kind::Unknown(why) => Ok(Some(Err(why))),
            _ => Err(self.wrong(node.line, key, "this has to be a text")),
        }
    }

    pub(crate) fn text(&mut self, key: &str) -> Read<Option<String>> {
        let line = self.line_of(key);
        let text = self.text_or_why(key)?.transpose();
        text.map_err(|why| self.wrong(line, key, why))
    }

    /// A text that has to be there.
    pub(crate) fn required(&mut self, key: &str) -> Read<String> {
        match self.text(key)? {
            Some(text) => Ok(text),
            None => Err(Fault::new(self.line, format!("`{key}` is missing")).at(&self.place)),
        }
    }

    /// A number or another text with a form of its own.
    pub(crate) fn parsed<T: FromStr>(&mut self, key: &str, what: &str) -> Read<Option<T>> {
        let line = self.line_of(key);
        let Some(text) = self.text(key)? else { return Ok(None) };
        match text.parse() {
            Ok(value) => Ok(Some(value)),
            Err(_) => Err(self.wrong(line, key, format!("`{text}` is not {what}"))),
        }
    }

    pub(crate) fn flag(&mut self, key: &str) -> Read<bool> {
        Ok(self.parsed(key, "`true` or `false`")?.unwrap_or(false))
    }

    /// A list of texts; a single text is one of one.
    pub(crate) fn texts(&mut self, key: &str) -> Read<Vec<String>> {
        let Some(node) = self.take(key)? else { return Ok(Vec::new()) };
        let items = match &node.kind {
            Kind::List(items) => &items[..],
            _ => std::slice::from_ref(&node),
        };
        let text = |item: &Node| match &item.kind {
            Kind::Text { text, .. } => Ok(text.clone()),
            Kind::Unknown(why) => Err(self.wrong(item.line, key, why.clone())),
            _ => Err(self.wrong(item.line, key, "this has to be a list of texts")),
        };
        items.iter().map(text).collect()
    }

    /// A map within this one.
    pub(crate) fn section(&mut self, key: &str) -> Read<Option<Self>> {
        let Some(at) = self.left.iter().position(|(name, _)| name == key) else { return Ok(None) };
        let (_, node) = self.left.remove(at);
        Self::new(self.scope, self.place_of(key), &node).map(Some)
    }

    /// The keys that nobody has taken.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.left.iter().map(|(key, _)| key.clone()).collect()
    }

    /// Takes keys that mean nothing on this machine, nor to anybody who uses the app on it.
    pub(crate) fn skip(&mut self, keys: &[&str]) {
        self.left.retain(|(key, _)| !keys.contains(&&**key));
    }

    /// Says of keys that nobody does what they ask for.
    pub(crate) fn notice(&mut self, keys: &[&str], what: &str, notices: &mut Vec<Notice>) {
        let (named, left) =
            std::mem::take(&mut self.left).into_iter().partition(|(key, _)| keys.contains(&&**key));
        self.left = left;
        let places = named.iter().map(|(key, _): &(String, Node)| self.place_of(key));
        notices.extend(places.map(|place| Notice { place, what: what.to_owned() }));
    }

    /// Says of all keys that are left that nobody does what they ask for.
    pub(crate) fn finish(mut self, notices: &mut Vec<Notice>) {
        let keys = self.keys();
        let keys: Vec<&str> = keys.iter().map(|key| &**key).collect();
        self.notice(&keys, "is not done", notices);
    }

    /// A fault at a key.
    pub(crate) fn wrong(&self, line: usize, key: &str, what: impl Into<String>) -> Fault {
        Fault::new(line, what).at(&self.place_of(key))
    }

    pub(crate) fn line_of(&self, key: &str) -> usize {
        self.left.iter().find(|(name, _)| name == key).map_or(self.line, |(_, node)| node.line)
    }
}
