//! The files that a build read, from the dep-info file that cargo writes beside the binary (`chat.d`, in
//! the format of a Makefile). It names the sources of all local packages, the files they include, and the
//! files that build scripts declare.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The files that `binary` was built from, without those below `target`, which the build wrote. Relative
/// paths are relative to `base`. Empty if there is no dep-info file.
pub(crate) fn inputs(binary: &Path, target: &Path, base: &Path) -> BTreeSet<PathBuf> {
    let text = fs::read_to_string(binary.with_extension("d")).unwrap_or_default();
    let all = parse(&text).into_iter().map(|path| base.join(path));
    // A path of `include!("../x")` is listed as written, but has to be watched by its real path.
    let all = all.map(|path| path.canonicalize().unwrap_or(path));
    all.filter(|path| !path.starts_with(target)).collect()
}

/// The folders of the packages that have these files.
pub(crate) fn packages(inputs: &BTreeSet<PathBuf>) -> BTreeSet<PathBuf> {
    let parents: BTreeSet<&Path> = inputs.iter().filter_map(|input| input.parent()).collect();
    let package = |folder: &&Path| folder.join("Cargo.toml").is_file();
    let found = parents.into_iter().filter_map(|parent| parent.ancestors().find(package));
    found.map(Path::to_owned).collect()
}

fn parse(text: &str) -> Vec<String> {
    let Some((_, files)) = text.lines().next().and_then(|line| line.split_once(": ")) else {
        return Vec::new();
    };
    // A space in a name is escaped by a backslash. No name contains U+0000.
    let separated = files.replace("\\ ", "\0");
    separated.split_whitespace().map(|name| name.replace('\0', " ")).collect()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn names_have_spaces() {
        let text = "/t/debug/app: /a/src/main.rs /b\\ c/lib.rs /a/x.html\n\n/a/src/main.rs:\n";
        assert_eq!(parse(text), ["/a/src/main.rs", "/b c/lib.rs", "/a/x.html"]);
        assert!(parse("").is_empty());
        assert!(parse("/t/debug/app:").is_empty());
    }
}
