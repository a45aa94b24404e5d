"""What no text file of the project may say, and how long a line may be.

The patterns are written so that they do not match themselves.
"""

import io
import re
import tokenize
from collections.abc import Iterator

from tests.tidy.findings import Finding, Source

LINE_AT_MOST = 100
FILE_AT_MOST = 400
DATA = (".csv", ".json", ".ndjson", ".svg")
# Where a long line is somebody's bad choice; prose, tables and data wrap by their own rules.
LINES_COUNT = (".css", ".html", ".js", ".py", ".sh", ".toml", ".yaml", ".yml", "Makefile")
LENGTH_COUNTS = (".css", ".html", ".js", ".py")

REGISTRY_HOSTS = re.compile(
    r"pyp[i]\.org|python[h]osted\.org|registr[y]\.npmjs|npmj[s]\.(?:com|org)|de[b]\.debian\.org"
    r"|securit[y]\.debian\.org|\brepo1?\.mave[n]\.|crate[s]\.io|prox[y]\.golang\.|sum\.golan[g]\."
)
MACHINE_PATHS = re.compile(r"(?<![\w.~-])/(?:wor[k]|far[m])/")
UNFINISHED = re.compile(r"\b(?:TO[D]O|FIX[M]E|XX[X]|HAC[K])\b")
OLD_JOSE = re.compile(r"\bpython[-_]jos[e]\b|^\s*(?:from|import) jos[e]\b")
IGNORED_TYPE = re.compile(r"#\s*type:\s*ignor[e]")
IGNORED_WITH_REASON = re.compile(r"#\s*type:\s*ignor[e]\[[a-z\d, -]+\]\s+# \S")

EVERYWHERE = (
    (REGISTRY_HOSTS, "a package registry's host: name the package, let the client find it"),
    (MACHINE_PATHS, "a path of one machine: start from the project's root or a setting"),
)
IN_PROSE_AND_CODE = (
    (UNFINISHED, "unfinished: finish it, or file an issue and say plainly what is missing"),
)
IN_CODE = ((OLD_JOSE, "an unmaintained JWT library: use joserfc"),)


def check_words(source: Source) -> Iterator[Finding]:
    """Hosts and paths anywhere; unfinished places in all but data; libraries in code."""
    bans = list(EVERYWHERE)
    if not source.path.endswith(DATA) and source.path != "LICENSE":
        bans += IN_PROSE_AND_CODE
    if not source.path.endswith((*DATA, ".md")):
        bans += IN_CODE
    for number, line in enumerate(source.text.splitlines(), start=1):
        for pattern, what in bans:
            if pattern.search(line):
                yield source.finding(number, what)


def check_lengths(source: Source) -> Iterator[Finding]:
    """Lines over 100 columns, files over 400 lines."""
    lines = source.text.splitlines()
    if source.path.endswith(LINES_COUNT):
        for number, line in enumerate(lines, start=1):
            if len(line) > LINE_AT_MOST:
                what = f"{len(line)} columns: at most {LINE_AT_MOST}; break it where it breathes"
                yield source.finding(number, what)
    if source.path.endswith(LENGTH_COUNTS) and len(lines) > FILE_AT_MOST:
        what = (
            f"{len(lines)} lines: at most {FILE_AT_MOST}; split the file by what each part is for"
        )
        yield source.finding(FILE_AT_MOST + 1, what)


def check_ignored_types(source: Source) -> Iterator[Finding]:
    """A silenced type error names its code and its reason."""
    if not source.is_python:
        return
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type != tokenize.COMMENT or not IGNORED_TYPE.search(token.string):
            continue
        if not IGNORED_WITH_REASON.search(token.string):
            what = "a type error silenced without code and reason: `...[code]  # why`"
            yield source.finding(token.start[0], what)
