//! The listings of the book's chapter on other languages are parts of the examples, which `e2e` runs.

use std::{fs, path::Path};

#[test]
fn the_chapter_shows_the_examples() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read = |path: &str| fs::read_to_string(root.join(path)).expect(path);
    let chapter = read("docs/src/other-languages.md");
    for (language, file) in
        [("python", "python/app.py"), ("js", "node/index.mjs"), ("go", "go/main.go")]
    {
        let example = read(&format!("examples/functions/{file}"));
        let blocks: Vec<&str> = chapter
            .split(&format!("```{language}\n"))
            .skip(1)
            .filter_map(|rest| rest.split("```").next())
            .collect();
        assert!(!blocks.is_empty(), "no listing in {language}");
        for block in blocks {
            assert!(example.contains(block), "{file} does not contain:\n{block}");
        }
    }
}
