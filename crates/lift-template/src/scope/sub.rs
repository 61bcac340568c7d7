//! `Fn::Sub`: texts with `${Name}`, `${Resource.Attribute}` and `${!Literal}`.

use super::{
    Scope,
    intrinsics::{short, unknown},
};
use crate::{
    fault::{Fault, Read},
    node::{Kind, Node},
};

impl Scope<'_> {
    /// The text with the values of its names; `own` are names of this text alone.
    pub(super) fn sub(&self, text: &str, own: &[(String, Node)], line: usize) -> Read<Node> {
        let mut made = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            made.push_str(before);
            let Some((name, after)) = after.split_once('}') else {
                return Err(Fault::new(line, format!("`Fn::Sub` has no `}}` after `${{{after}`")));
            };
            rest = after;
            if let Some(literal) = name.strip_prefix('!') {
                made.push_str("${");
                made.push_str(literal);
                made.push('}');
                continue;
            }
            let name = name.trim();
            let value = match own.iter().find(|(other, _)| other == name) {
                Some((_, value)) => self.eval(value)?,
                None => self.named(name, line)?,
            };
            match &value.kind {
                Kind::Text { text, .. } => made.push_str(text),
                Kind::Unknown(why) => return Ok(unknown(line, why)),
                _ => return Err(Fault::new(line, format!("`${{{name}}}` is not a text"))),
            }
        }
        made.push_str(rest);
        short(made, line)
    }

    /// `Name` or `Resource.Attribute`.
    fn named(&self, name: &str, line: usize) -> Read<Node> {
        match name.split_once('.') {
            Some((id, attribute)) if self.resource(name).is_none() => {
                self.attribute(id, attribute, line)
            }
            _ => self.reference(name, line),
        }
    }
}
