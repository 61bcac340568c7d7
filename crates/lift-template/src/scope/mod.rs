//! What the names in a template stand for, and with that the value of any part of it.
//!
//! Parts are evaluated when a reader asks for them, so that a call which only AWS could answer
//! matters only where its value does.

mod attributes;
mod conditions;
mod intrinsics;
mod parameters;
mod sub;

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, HashMap},
};

use super::{
    fault::{Fault, Read},
    node::{Kind, Node},
    resource::Resource,
};

/// So many calls are more than any template makes. Names that stand for each other twice would
/// double the work with each step.
const MOST_CALLS: usize = 20_000;

/// So deep may calls, and the values that they lead to, be within each other.
const DEEPEST: usize = 64;

/// What the user says about the stack that is to be.
#[derive(Debug, Clone)]
pub struct Given {
    /// `AWS::StackName`, or the name of the service.
    pub stack: String,
    /// `AWS::Region`.
    pub region: String,
    /// `AWS::AccountId`.
    pub account: String,
    /// The values of parameters.
    pub parameters: BTreeMap<String, String>,
    /// The stage, when the user names one.
    pub stage: Option<String>,
    /// The API, when the user names one.
    pub api: Option<String>,
    /// The variables of the user's shell, for `${env:NAME}`.
    pub environment: BTreeMap<String, String>,
}

/// The names of a template.
#[derive(Debug)]
pub(crate) struct Scope<'a> {
    given: &'a Given,
    parameters: BTreeMap<String, Node>,
    conditions: Option<&'a Node>,
    mappings: Option<&'a Node>,
    resources: Vec<Resource>,
    by_id: HashMap<String, usize>,
    /// The conditions that were looked at already.
    known: RefCell<HashMap<String, bool>>,
    /// The names whose values are being made, for one within the other.
    within: RefCell<Vec<String>>,
    calls: Cell<usize>,
    depth: Cell<usize>,
}

impl<'a> Scope<'a> {
    /// The names of a whole document; there are no resources yet.
    pub(crate) fn new(document: &'a Node, given: &'a Given) -> Read<Self> {
        Ok(Self {
            given,
            parameters: parameters::read(document.get("Parameters"), given)?,
            conditions: document.get("Conditions"),
            mappings: document.get("Mappings"),
            resources: Vec::new(),
            by_id: HashMap::new(),
            known: RefCell::default(),
            within: RefCell::default(),
            calls: Cell::default(),
            depth: Cell::default(),
        })
    }

    /// Adds a resource, in place of one with the same id.
    pub(crate) fn add(&mut self, resource: Resource) {
        match self.by_id.get(&resource.id) {
            Some(&index) => self.resources[index] = resource,
            None => {
                self.by_id.insert(resource.id.clone(), self.resources.len());
                self.resources.push(resource);
            }
        }
    }

    pub(crate) fn resources(&self) -> &[Resource] {
        &self.resources
    }

    pub(crate) fn resource(&self, id: &str) -> Option<&Resource> {
        self.by_id.get(id).map(|&index| &self.resources[index])
    }

    pub(crate) fn given(&self) -> &Given {
        self.given
    }

    /// What a part of the template is.
    pub(crate) fn eval(&self, node: &Node) -> Read<Node> {
        self.deeper(node.line, || self.value(node))
    }

    fn value(&self, node: &Node) -> Read<Node> {
        let kind = match &node.kind {
            Kind::Text { text, .. } if text.contains("{{resolve:") => {
                Kind::Unknown(format!("only AWS can resolve `{text}`"))
            }
            Kind::List(items) => Kind::List(self.eval_present(items.iter())?),
            Kind::Map(entries) => match &entries[..] {
                [(name, argument)] if name == "Ref" || name.starts_with("Fn::") => {
                    return self.call(name, argument);
                }
                _ => {
                    let values: Vec<Node> =
                        entries.iter().map(|(_, value)| self.eval(value)).collect::<Read<_>>()?;
                    let names = entries.iter().map(|(name, _)| name.clone());
                    let present = names.zip(values).filter(|(_, value)| value.kind != Kind::Absent);
                    Kind::Map(present.collect())
                }
            },
            other => other.clone(),
        };
        Ok(Node::new(node.line, kind))
    }

    fn eval_present<'b>(&self, items: impl Iterator<Item = &'b Node>) -> Read<Vec<Node>> {
        let mut present = Vec::new();
        for item in items {
            let value = self.eval(item)?;
            if value.kind != Kind::Absent {
                present.push(value);
            }
        }
        Ok(present)
    }

    /// Makes the value of a name, which must not lead back to itself.
    fn within<T>(&self, name: &str, line: usize, make: impl FnOnce() -> Read<T>) -> Read<T> {
        if let Some(first) = self.within.borrow().iter().position(|one| one == name) {
            let mut round = self.within.borrow()[first..].to_vec();
            round.push(name.to_owned());
            return Err(Fault::new(
                line,
                format!("this leads back to itself: {}", round.join(" -> ")),
            ));
        }
        self.within.borrow_mut().push(name.to_owned());
        let made = make();
        self.within.borrow_mut().pop();
        made
    }

    /// Goes a step into the template, but not so far that the stack would end.
    fn deeper<T>(&self, line: usize, go: impl FnOnce() -> Read<T>) -> Read<T> {
        if self.depth.get() == DEEPEST {
            return Err(Fault::new(line, format!("this is more than {DEEPEST} values deep")));
        }
        self.depth.set(self.depth.get() + 1);
        let gone = go();
        self.depth.set(self.depth.get() - 1);
        gone
    }

    fn count_call(&self, line: usize) -> Read<()> {
        self.calls.set(self.calls.get() + 1);
        match self.calls.get() {
            ..=MOST_CALLS => Ok(()),
            _ => {
                Err(Fault::new(line, format!("there are more than {MOST_CALLS} calls up to here")))
            }
        }
    }
}
