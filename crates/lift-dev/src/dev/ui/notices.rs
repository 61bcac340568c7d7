//! The block on stderr that lists what a template declares and `lift dev` does not do.

use std::io::{Write as _, stderr};

use lift_template::Notice;

/// Prints the block, if there are notices.
pub(crate) fn print(notices: &[Notice]) {
    if !notices.is_empty() {
        // If stderr is closed, the notices are lost.
        let _ = stderr().write_all(block(notices).as_bytes());
    }
}

/// The block; places with the same notice share a line.
fn block(notices: &[Notice]) -> String {
    let mut lines: Vec<(&str, Vec<&str>)> = Vec::new();
    for Notice { place, what } in notices {
        match lines.iter_mut().find(|(other, _)| other == what) {
            Some((_, places)) => places.push(place),
            None => lines.push((what, vec![place])),
        }
    }
    let mut block = "The template asks for what `lift dev` does not do:\n".to_owned();
    for (what, places) in lines {
        block += &format!("  {}: {what}\n", places.join(", "));
    }
    block + "\n"
}

#[cfg(test)]
mod tests {
    use super::{Notice, block};

    #[test]
    fn equal_notices_are_one_line() {
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
