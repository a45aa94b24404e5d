"""The tracked files keep the house rules."""

from collections.abc import Callable, Iterator, Sequence

import pytest

from tests.tidy import purity, shape, slugs, text, tree
from tests.tidy.findings import Finding, Source, tracked

FILE_CHECKS: tuple[Callable[[Source], Iterator[Finding]], ...] = (
    purity.check_purity,
    purity.check_floats,
    text.check_words,
    text.check_lengths,
    text.check_ignored_types,
    shape.check_functions,
    shape.check_exceptions,
    shape.check_delivery,
    shape.check_unwritten,
    shape.check_skips,
    shape.check_assertions,
)
TREE_CHECKS: tuple[Callable[[Sequence[Source]], Iterator[Finding]], ...] = (
    tree.check_markers,
    tree.check_budgets,
    tree.check_lived_in,
    slugs.check_slugs,
)


@pytest.fixture(scope="module")
def sources() -> Sequence[Source]:
    """Everything git tracks, as text."""
    return tuple(tracked())


@pytest.mark.parametrize("check", FILE_CHECKS, ids=lambda check: check.__name__)
def test_every_tracked_file_keeps(
    check: Callable[[Source], Iterator[Finding]], sources: Sequence[Source]
) -> None:
    findings = [str(finding) for source in sources for finding in check(source)]
    assert not findings, "\n" + "\n".join(findings)


@pytest.mark.parametrize("check", TREE_CHECKS, ids=lambda check: check.__name__)
def test_the_tree_keeps(
    check: Callable[[Sequence[Source]], Iterator[Finding]], sources: Sequence[Source]
) -> None:
    findings = [str(finding) for finding in check(sources)]
    assert not findings, "\n" + "\n".join(findings)
