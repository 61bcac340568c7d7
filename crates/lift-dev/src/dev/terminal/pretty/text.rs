//! Pieces of lines: styled text, sizes, and the end of a line.

use anstyle::Style;

pub(super) fn bytes_of(bytes: usize) -> String {
    match bytes {
        ..1000 => format!("{bytes} B"),
        1000..10_000 => format!("{}.{} kB", bytes / 1000, bytes % 1000 / 100),
        10_000..10_000_000 => format!("{} kB", bytes / 1000),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}

pub(super) fn styled(style: Style, text: &str) -> String {
    match text.trim_end() {
        "" => text.to_owned(),
        inked => format!("{style}{inked}{style:#}{}", &text[inked.len()..]),
    }
}

pub(super) fn line(text: &mut String, line: &str) {
    text.push_str(line.trim_end());
    text.push('\n');
}
