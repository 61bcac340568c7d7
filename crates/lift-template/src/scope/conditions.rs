//! Conditions, and the intrinsic functions whose value is true or false.

use super::Scope;
use crate::{
    error::{Result, TemplateError},
    node::{Node, NodeKind},
};

impl Scope<'_> {
    /// Whether a condition of the template holds.
    pub(crate) fn holds(&self, name: &str, line: usize) -> Result<bool> {
        if let Some(&known) = self.evaluated_conditions.borrow().get(name) {
            return Ok(known);
        }
        let Some(node) = self.conditions.and_then(|conditions| conditions.get(name)) else {
            return Err(TemplateError::new(line, format!("there is no condition `{name}`")));
        };
        let holds = self.eval_name(name, line, || {
            let path = format!("Conditions.{name}");
            self.is_true(node).map_err(|error| error.with_path(&path))
        })?;
        self.evaluated_conditions.borrow_mut().insert(name.to_owned(), holds);
        Ok(holds)
    }

    /// Whether a condition function is true.
    pub(super) fn is_true(&self, node: &Node) -> Result<bool> {
        self.count_call(node.line)?;
        self.descend(node.line, || self.is_true_here(node))
    }

    fn is_true_here(&self, node: &Node) -> Result<bool> {
        let error = |message: &str| Err(TemplateError::new(node.line, message));
        let [(name, argument)] = node.entries() else {
            return match node.as_text() {
                Some("true") => Ok(true),
                Some("false") => Ok(false),
                _ => error("a condition is one of Fn::Equals, Fn::And, Fn::Or and Fn::Not"),
            };
        };
        let items = argument.items();
        match &**name {
            "Condition" => match argument.as_text() {
                Some(name) => self.holds(name, node.line),
                None => error("`Condition` takes the name of a condition"),
            },
            "Fn::And" => self.all_are(items, true),
            "Fn::Or" => self.all_are(items, false).map(|none| !none),
            "Fn::Not" => match items {
                [one] => self.is_true(one).map(|is_true| !is_true),
                _ => error("`Fn::Not` takes a list of one condition"),
            },
            "Fn::Equals" => match items {
                [left, right] => self.equal(left, right),
                _ => error("`Fn::Equals` takes a list of two values"),
            },
            other => error(&format!("`{other}` is not a condition function")),
        }
    }

    /// Whether every condition in a list has the value `expected`.
    fn all_are(&self, items: &[Node], expected: bool) -> Result<bool> {
        for item in items {
            if self.is_true(item)? != expected {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn equal(&self, left: &Node, right: &Node) -> Result<bool> {
        let (left, right) = (self.eval(left)?, self.eval(right)?);
        for side in [&left, &right] {
            if let NodeKind::Unknown(reason) = &side.kind {
                return Err(TemplateError::new(side.line, reason.clone()));
            }
        }
        Ok(left.as_text() == right.as_text() && left.items().len() == right.items().len())
    }
}
