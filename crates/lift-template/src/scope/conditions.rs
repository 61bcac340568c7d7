//! Conditions, and the functions that are true or false.

use super::Scope;
use crate::{
    fault::{Fault, Read},
    node::{Kind, Node},
};

impl Scope<'_> {
    /// Whether a condition of the template holds.
    pub(crate) fn holds(&self, name: &str, line: usize) -> Read<bool> {
        if let Some(&known) = self.known.borrow().get(name) {
            return Ok(known);
        }
        let Some(node) = self.conditions.and_then(|conditions| conditions.get(name)) else {
            return Err(Fault::new(line, format!("there is no condition `{name}`")));
        };
        let holds = self.within(name, line, || {
            self.truth(node).map_err(|fault| fault.at(&format!("Conditions.{name}")))
        })?;
        self.known.borrow_mut().insert(name.to_owned(), holds);
        Ok(holds)
    }

    /// Whether a function of conditions is true.
    pub(super) fn truth(&self, node: &Node) -> Read<bool> {
        self.count_call(node.line)?;
        self.deeper(node.line, || self.truth_of(node))
    }

    fn truth_of(&self, node: &Node) -> Read<bool> {
        let [(name, argument)] = node.entries() else {
            return match node.as_text() {
                Some("true") => Ok(true),
                Some("false") => Ok(false),
                _ => Err(Fault::new(node.line, "a condition is one of Fn::Equals, And, Or, Not")),
            };
        };
        let items = argument.items();
        match &**name {
            "Condition" => match argument.as_text() {
                Some(name) => self.holds(name, node.line),
                None => Err(Fault::new(node.line, "`Condition` takes the name of a condition")),
            },
            "Fn::And" => self.all(items, true),
            "Fn::Or" => self.all(items, false).map(|none| !none),
            "Fn::Not" => match items {
                [one] => self.truth(one).map(|truth| !truth),
                _ => Err(Fault::new(node.line, "`Fn::Not` takes a list of one condition")),
            },
            "Fn::Equals" => match items {
                [left, right] => self.equal(left, right),
                _ => Err(Fault::new(node.line, "`Fn::Equals` takes a list of two values")),
            },
            other => Err(Fault::new(node.line, format!("`{other}` is no function of conditions"))),
        }
    }

    /// Whether each condition holds, or each does not.
    fn all(&self, items: &[Node], wanted: bool) -> Read<bool> {
        for item in items {
            if self.truth(item)? != wanted {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn equal(&self, left: &Node, right: &Node) -> Read<bool> {
        let (left, right) = (self.eval(left)?, self.eval(right)?);
        for side in [&left, &right] {
            if let Kind::Unknown(why) = &side.kind {
                return Err(Fault::new(side.line, why.clone()));
            }
        }
        Ok(left.as_text() == right.as_text() && left.items().len() == right.items().len())
    }
}
