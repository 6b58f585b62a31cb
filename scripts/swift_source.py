"""What the checks share: the project's Swift files, and their code without comments and string literals."""

import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent


def swift_files(*folders):
    """The Swift files under `folders` that git knows or would add, sorted, as paths relative to the root."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *folders],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.splitlines()
    return sorted(pathlib.PurePosixPath(name) for name in set(listed) if name.endswith(".swift") and (ROOT / name).is_file())


def text_of(path):
    return (ROOT / path).read_text(encoding="utf-8")


def _end_of_string(text, at):
    """The index after the string literal that begins at `at` (at its first `#` or quote); interpolations nest."""
    hashes = len(text[at:]) - len(text[at:].lstrip("#"))
    quote = '"""' if text.startswith('"""', at + hashes) else '"'
    closing, escape = quote + "#" * hashes, "\\" + "#" * hashes
    at += hashes + len(quote)
    while at < len(text):
        if text.startswith(closing, at):
            return at + len(closing)
        if text.startswith(escape + "(", at):
            at = _end_of_interpolation(text, at + len(escape) + 1)
        elif text.startswith(escape, at):
            at += len(escape) + 1
        elif text[at] == "\n" and quote == '"':
            return at
        else:
            at += 1
    return at


def _end_of_interpolation(text, at):
    depth = 1
    while at < len(text) and depth:
        if text[at] == '"':
            at = _end_of_string(text, at)
            continue
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        at += 1
    return at


def _end_of_block_comment(text, at):
    depth = 0
    while at < len(text):
        if text.startswith("/*", at):
            depth, at = depth + 1, at + 2
        elif text.startswith("*/", at):
            depth, at = depth - 1, at + 2
            if depth == 0:
                return at
        else:
            at += 1
    return at


def _literals_and_comments(text):
    """(kind, start, end) of each string literal ("string") and comment ("comment"), in order."""
    at = 0
    while found := re.compile(r'#*"|//|/\*').search(text, at):
        at = found.start()
        if found.group() == "//":
            end = text.find("\n", at)
            kind, end = "comment", len(text) if end < 0 else end
        elif found.group() == "/*":
            kind, end = "comment", _end_of_block_comment(text, at)
        else:
            kind, end = "string", _end_of_string(text, at)
        yield kind, at, end
        at = end


def code_of(path):
    """The file's code: comments and string literals are blanked, so that line numbers stay."""
    text = text_of(path)
    pieces, at = [], 0
    for _, start, end in _literals_and_comments(text):
        pieces += [text[at:start], re.sub(r"[^\n]", " ", text[start:end])]
        at = end
    return "".join(pieces) + text[at:]


def string_literals(path):
    """(line number, value) of every plain one-line string literal of the file."""
    text = text_of(path)
    for kind, start, end in _literals_and_comments(text):
        if kind == "string" and text[start] == '"' and not text.startswith('"""', start):
            value = text[start + 1 : end - 1].replace('\\"', '"').replace("\\\\", "\\")
            yield text.count("\n", 0, start) + 1, value


def report(problems, done):
    """Prints the problems, or `done`; returns the exit status."""
    for problem in problems:
        print(problem)
    if problems:
        print(f"{len(problems)} problem{'s' if len(problems) > 1 else ''}")
        return 1
    print(done)
    return 0
