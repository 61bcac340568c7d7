//! The names of a template and their values: parameters, conditions, mappings and resources.
//!
//! [`Scope::eval`] evaluates a part of the template when a reader asks for it. A value that only AWS
//! has is [`NodeKind::Unknown`] until then.

mod attributes;
mod conditions;
mod intrinsics;
mod parameters;

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, HashMap},
};

use crate::{
    error::{Result, TemplateError},
    node::{Node, NodeKind},
    options::ReadOptions,
    resource::Resource,
};

/// The most calls of intrinsic functions, more than any template makes. Without a limit, names that
/// refer to each other twice double the work with each step.
const MAX_CALLS: usize = 20_000;

/// The deepest nesting of calls and of the values that they lead to.
const MAX_DEPTH: usize = 64;

/// The names of a template.
#[derive(Debug)]
pub(crate) struct Scope<'a> {
    options: &'a ReadOptions,
    parameters: BTreeMap<String, Node>,
    conditions: Option<&'a Node>,
    mappings: Option<&'a Node>,
    resources: Vec<Resource>,
    /// Indexes into `resources`, by logical id.
    by_id: HashMap<String, usize>,
    /// The conditions that were evaluated.
    evaluated_conditions: RefCell<HashMap<String, bool>>,
    /// The names that are being evaluated, the outermost first.
    in_progress: RefCell<Vec<String>>,
    calls: Cell<usize>,
    depth: Cell<usize>,
}

impl<'a> Scope<'a> {
    /// The names of a document. Resources are added later.
    pub(crate) fn new(document: &'a Node, options: &'a ReadOptions) -> Result<Self> {
        Ok(Self {
            options,
            parameters: parameters::read(document.get("Parameters"), options)?,
            conditions: document.get("Conditions"),
            mappings: document.get("Mappings"),
            resources: Vec::new(),
            by_id: HashMap::new(),
            evaluated_conditions: RefCell::default(),
            in_progress: RefCell::default(),
            calls: Cell::default(),
            depth: Cell::default(),
        })
    }

    /// Adds a resource, or replaces the one with the same id.
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

    pub(crate) fn options(&self) -> &ReadOptions {
        self.options
    }

    /// The value of a part of the template.
    pub(crate) fn eval(&self, node: &Node) -> Result<Node> {
        self.descend(node.line, || self.value(node))
    }

    fn value(&self, node: &Node) -> Result<Node> {
        let kind = match &node.kind {
            NodeKind::Text { text, .. } if text.contains("{{resolve:") => {
                NodeKind::Unknown(format!("only AWS can resolve `{text}`"))
            }
            NodeKind::List(items) => {
                let values: Vec<Node> =
                    items.iter().map(|item| self.eval(item)).collect::<Result<_>>()?;
                let present = values.into_iter().filter(|value| value.kind != NodeKind::Absent);
                NodeKind::List(present.collect())
            }
            NodeKind::Map(entries) => match &entries[..] {
                [(name, argument)] if name == "Ref" || name.starts_with("Fn::") => {
                    return self.call(name, argument);
                }
                _ => {
                    let values: Vec<Node> =
                        entries.iter().map(|(_, value)| self.eval(value)).collect::<Result<_>>()?;
                    let names = entries.iter().map(|(name, _)| name.clone());
                    let present =
                        names.zip(values).filter(|(_, value)| value.kind != NodeKind::Absent);
                    NodeKind::Map(present.collect())
                }
            },
            other => other.clone(),
        };
        Ok(Node::new(node.line, kind))
    }

    /// Evaluates a name. A name whose value needs the name itself is an error.
    fn eval_name<T>(
        &self,
        name: &str,
        line: usize,
        evaluate: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        if let Some(first) = self.in_progress.borrow().iter().position(|one| one == name) {
            let mut cycle = self.in_progress.borrow()[first..].to_vec();
            cycle.push(name.to_owned());
            let message = format!("this refers to itself: {}", cycle.join(" -> "));
            return Err(TemplateError::new(line, message));
        }
        self.in_progress.borrow_mut().push(name.to_owned());
        let result = evaluate();
        self.in_progress.borrow_mut().pop();
        result
    }

    /// Evaluates one level deeper, within the limit that protects the call stack.
    fn descend<T>(&self, line: usize, evaluate: impl FnOnce() -> Result<T>) -> Result<T> {
        if self.depth.get() == MAX_DEPTH {
            let message = format!("values are nested deeper than {MAX_DEPTH} levels here");
            return Err(TemplateError::new(line, message));
        }
        self.depth.set(self.depth.get() + 1);
        let result = evaluate();
        self.depth.set(self.depth.get() - 1);
        result
    }

    fn count_call(&self, line: usize) -> Result<()> {
        self.calls.set(self.calls.get() + 1);
        match self.calls.get() {
            ..=MAX_CALLS => Ok(()),
            _ => {
                let message = format!("the template makes more than {MAX_CALLS} calls");
                Err(TemplateError::new(line, message))
            }
        }
    }
}
