#!/usr/bin/env python3
"""Checks the Markdown files of the repository: links to files and anchors exist, the book links only to its own
pages, every page is in SUMMARY.md, and Rust snippets have no hidden lines.

Prints each problem as FILE:LINE and exits with 1 if there is one."""

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parent.parent
BOOK = ROOT / "docs/src"
FENCE = re.compile(r"^\s*(```+|~~~+)\s*(\S*)")
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$")
HEADING_ID = re.compile(r"\s*\{#([^}\s]+)[^}]*\}$")
HTML_ID = re.compile(r"""<\w+[^>]*?\b(?:id|name)=["']([^"']+)["']""")
INLINE = re.compile(r"\[(?:[^\[\]]|\[[^\[\]]*\])*\]\(\s*<?([^)\s>]*)>?(?:\s+\"[^\"]*\")?\s*\)")
REFERENCE = re.compile(r"^\s{0,3}\[[^\]]+\]:\s*<?(\S+?)>?(?:\s|$)")
CODE = re.compile(r"(`+)(?:(?!\1).)*?\1")
EXTERNAL = re.compile(r"^[a-z][a-z0-9+.-]*:")


def files():
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )
    paths = [ROOT / line for line in listed.stdout.splitlines()]
    return [path for path in paths if path.is_file()]


def blocks(path):
    """Yields (line number, line, language of the code block or None)."""
    fence = language = None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        found = FENCE.match(line)
        if fence is None and found:
            fence, language = found[1], found[2]
        elif fence is not None and found and found[1].startswith(fence) and not found[2]:
            fence = None
        else:
            yield number, line, language if fence is not None else None


def slug(text):
    """The anchor that GitHub and mdBook give to a heading."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"[^\w\- ]", "", text.replace("`", "").lower())
    return text.replace(" ", "-")


def anchors(path, cache={}):
    if path not in cache:
        found, counts = set(), {}
        for _, line, language in blocks(path):
            if language is not None:
                continue
            found.update(HTML_ID.findall(line))
            heading = HEADING.match(line)
            if not heading:
                continue
            title = heading[1]
            if named := HEADING_ID.search(title):
                found.add(named[1])
                title = title[: named.start()]
            base = slug(re.sub(r"<[^>]+>", "", title))
            count = counts.get(base, 0)
            counts[base] = count + 1
            found.add(f"{base}-{count}" if count else base)
        cache[path] = found
    return cache[path]


def targets(line):
    line = CODE.sub(lambda code: "x" * len(code[0]), line)
    yield from (match[1] for match in INLINE.finditer(line))
    if reference := REFERENCE.match(line):
        yield reference[1]


def wrong_link(path, target):
    """Why the link does not work, or None."""
    if EXTERNAL.match(target) or target.startswith("//"):
        return None
    name, _, anchor = target.partition("#")
    to = (path.parent / unquote(name)).resolve() if name else path
    if not to.exists():
        return f"{target}: there is no such file"
    in_book = path.is_relative_to(BOOK)
    if in_book and not to.is_relative_to(BOOK):
        return f"{target}: the book can only link to its own pages"
    if anchor and to.suffix == ".md" and unquote(anchor) not in anchors(to):
        return f"{target}: there is no such anchor"
    return None


def paragraphs(path):
    """Yields (line number, text) of each paragraph outside code, because a link can span lines."""
    number, lines = 1, []
    for at, line, language in blocks(path):
        if language is not None or not line.strip() or line.lstrip().startswith("|"):
            yield number, " ".join(lines)
            lines = []
            if language is None:
                yield at, line
            continue
        if not lines:
            number = at
        lines.append(line)
    yield number, " ".join(lines)


def problems(path):
    for number, text in paragraphs(path):
        for target in targets(text):
            if why := wrong_link(path, target):
                yield number, why
    for number, line, language in blocks(path):
        if language and language.split(",")[0] == "rust" and re.match(r"\s*#(\s|$)", line):
            yield number, "a hidden line in a snippet: readers of the file see it"


def main():
    all_files = files()
    found = [(path, *problem) for path in all_files for problem in problems(path)]
    summary = (BOOK / "SUMMARY.md").read_text()
    for page in (path for path in all_files if path.is_relative_to(BOOK) and path.name != "SUMMARY.md"):
        if f"({page.relative_to(BOOK)})" not in summary:
            found.append((page, 1, "is not in SUMMARY.md"))
    for path, number, why in found:
        print(f"{path.relative_to(ROOT)}:{number}: {why}", file=sys.stderr)
    print(f"{len(all_files)} Markdown files, {len(found)} problems")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
