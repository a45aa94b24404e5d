"""The house as a whole: package markers everywhere, no room that nobody enters."""

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from tests.plugins.budget import BUDGETS
from tests.tidy.findings import Finding, Source, imported_modules, package_of

PACKAGES = ("castmark", "contracts", "infra", "sdk", "services", "simulator", "tests")
# Scripts for a reader to copy, not modules.
NOT_PACKAGES = frozenset({"sdk/examples"})
# Modules that must be entered from somewhere.
LIVED_IN = ("infra", "services")
DOOR = "castmark/cli.py"
# The composition root finds these by the name of their service; Python finds the others.
ENTRANCES = frozenset({"__init__", "__main__", "app"})
FINDING_LINE = 1


def check_markers(sources: Sequence[Source]) -> Iterator[Finding]:
    """Every folder of code is a package, so that imports and type checks see it whole."""
    files = {source.path for source in sources}
    folders = {str(PurePosixPath(path).parent) for path in files if path.endswith(".py")}
    for folder in sorted(folders - NOT_PACKAGES):
        if folder.split("/")[0] in PACKAGES and f"{folder}/__init__.py" not in files:
            what = f"no package marker: add {folder}/__init__.py, one line that says what it is for"
            yield Finding(folder, FINDING_LINE, what)


def check_budgets(sources: Sequence[Source]) -> Iterator[Finding]:
    """Every folder of tests has a time budget."""
    paid = {folder for budget in BUDGETS for folder in budget.folders}
    for source in sources:
        parts = source.path.split("/")
        if not source.is_test or not parts[-1].startswith("test_") or not source.is_python:
            continue
        if len(parts) < 3 or parts[1] not in paid:
            what = "tests without a budget: name the folder in tests/plugins/budget.py"
            yield source.finding(FINDING_LINE, what)


def check_lived_in(sources: Sequence[Source]) -> Iterator[Finding]:
    """Every module of infra and services is imported, or named in full, by something not a test.

    Without a composition root there is no door to enter by, and nothing is judged.
    """
    others = [source for source in sources if not source.is_test]
    if not any(source.path == DOOR for source in others):
        return
    entered: dict[str, set[str]] = {}
    for source in others:
        for name in _names(source):
            entered.setdefault(name, set()).add(source.path)
    for source in others:
        if not source.is_python or source.path.split("/")[0] not in LIVED_IN:
            continue
        if source.module.rpartition(".")[2] in ENTRANCES or source.path.endswith("__init__.py"):
            continue
        if not entered.get(source.module, set()) - {source.path}:
            what = "nothing but tests enters this module: wire it, move it to tests/, or delete it"
            yield source.finding(FINDING_LINE, what)


def _names(source: Source) -> Iterator[str]:
    """Dotted names that a file imports, or spells out (`python -m infra.local.kafka`)."""
    if source.is_python:
        for _, name in imported_modules(source.tree, package_of(source)):
            yield name
    elif source.path.endswith(".md"):
        return
    for top in LIVED_IN:
        yield from re.findall(rf"\b{top}(?:\.\w+)+", source.text)
