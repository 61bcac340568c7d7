//! The block on stderr that says what a template asks for and `lift dev` does not do.

use std::io::{Write as _, stderr};

use lift_template::Notice;

/// Prints the block, if there is anything to say.
pub(crate) fn print(notices: &[Notice]) {
    if !notices.is_empty() {
        // When stderr is gone there is nobody left to tell.
        let _ = stderr().write_all(block(notices).as_bytes());
    }
}

/// What is said of several places is said once.
fn block(notices: &[Notice]) -> String {
    let mut said: Vec<(&str, Vec<&str>)> = Vec::new();
    for Notice { place, what } in notices {
        match said.iter_mut().find(|(other, _)| other == what) {
            Some((_, places)) => places.push(place),
            None => said.push((what, vec![place])),
        }
    }
    let mut block = "The template asks for what `lift dev` does not do:\n".to_owned();
    for (what, places) in said {
        block += &format!("  {}: {what}\n", places.join(", "));
    }
    block + "\n"
}

#[cfg(test)]
mod tests {
    use super::{Notice, block};

    #[test]
    fn what_is_alike_is_one_line() {
        let notice = |place: &str, what: &str| Notice { place: place.into(), what: what.into() };
        let notices =
            [notice("A.B", "is not done"), notice("C", "is x"), notice("D", "is not done")];
        let expected = "\
The template asks for what `lift dev` does not do:
  A.B, D: is not done
  C: is x

";
        assert_eq!(block(&notices), expected);
    }
}
