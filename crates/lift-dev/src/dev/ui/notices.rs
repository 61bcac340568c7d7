//! The block on stderr that lists what a template declares and `lift dev` does not do.

use std::io::{Write as _, stderr};

use lift_template::Notice;

use crate::escape::line;

/// Prints the block, if there are notices.
pub(crate) fn print(notices: &[Notice]) {
    if !notices.is_empty() {
        // If stderr is closed, the notices are lost.
        let _ = stderr().write_all(block(notices).as_bytes());
    }
}

/// The block; paths with the same message share a line.
fn block(notices: &[Notice]) -> String {
    let mut lines: Vec<(&str, Vec<&str>)> = Vec::new();
    for Notice { path, message, .. } in notices {
        match lines.iter_mut().find(|(other, _)| other == message) {
            Some((_, paths)) => paths.push(path),
            None => lines.push((message, vec![path])),
        }
    }
    let mut block = "`lift dev` does not use these parts of the template:\n".to_owned();
    for (message, paths) in lines {
        block += &format!("  {}: {}\n", line(&paths.join(", ")), line(message));
    }
    block + "\n"
}

#[cfg(test)]
mod tests {
    use super::{Notice, block};

    #[test]
    fn names_from_the_template_stay_in_their_line() {
        let unsafe_text = "A\nLift is ready.\u{9b}2J\u{202e}";
        let block = block(&[Notice::new(unsafe_text, unsafe_text)]);
        let shown = r"A\nLift is ready.\u{9b}2J\u{202e}";
        assert!(block.ends_with(&format!("\n  {shown}: {shown}\n\n")), "{block:?}");
    }

    #[test]
    fn equal_notices_are_one_line() {
        let notices = [("A.B", "is ignored"), ("C", "is x"), ("D", "is ignored")]
            .map(|(path, message)| Notice::new(path, message));
        let expected = "\
`lift dev` does not use these parts of the template:
  A.B, D: is ignored
  C: is x

";
        assert_eq!(block(&notices), expected);
    }
}
