"""What a rule or figure rests on can be looked up: by number and key, on a page and in a file."""

import re
from collections.abc import Iterator
from typing import get_args

import pytest

from infra.policy import Evidence, PolicyFile
from services.certification.deadlines import KINDS
from services.portal.sources import DOCUMENTS, EVIDENCE, RULES, documents_in, pieces
from tests.rules.spec import ROOT

WRITTEN = (ROOT / "docs" / "sources.md").read_text()
NUMBERS = re.compile(r"(?<!criterion )\b[1-9]\.(?:1\d|\d)\b|(?<=rule )[1-9]\b(?!\.)")
SERVICES = ("membership", "audit_scheduling", "ghg", "certification", "coc_ledger")


def citations() -> Iterator[tuple[str, str]]:
    """Every citation that users are shown, with the evidence beside it."""
    for kind in KINDS.values():
        yield kind.source, kind.evidence
    for service in SERVICES:
        for file in (ROOT / "services" / service / "policy").glob("*.json"):
            for figure in PolicyFile.model_validate_json(file.read_text()).figures.values():
                yield figure.source, figure.evidence


def test_every_rule_and_document_that_is_cited_is_in_the_list() -> None:
    for source, _ in citations():
        keys = [key for found in re.findall(r"\[([^]]*)\]", source) for key in found.split(", ")]
        numbers = NUMBERS.findall(source)
        named = {piece.names for piece in pieces(source) if piece.names}
        assert named == {*keys, *(f"rule-{number}" for number in numbers)}, source


def test_what_is_verified_names_a_document() -> None:
    for source, evidence in citations():
        assert evidence != "verified" or documents_in([source]), source


def test_every_rule_rests_on_documents_of_the_list() -> None:
    for rule in RULES.values():
        assert set(rule.documents) <= set(DOCUMENTS)
    used = {key for rule in RULES.values() for key in rule.documents}
    assert used == set(DOCUMENTS)


def test_every_word_for_evidence_is_explained() -> None:
    assert set(EVIDENCE) == set(get_args(Evidence))


def test_the_written_list_is_the_one_that_is_shown() -> None:
    rows = {line for line in WRITTEN.splitlines() if line.startswith("| ")}
    shown = {f"| {word} | {meaning} |" for word, meaning in EVIDENCE.items()}
    for rule in RULES.values():
        documents = ", ".join(rule.documents) or "none"
        shown.add(f"| {rule.number} {rule.title} | {rule.says} | {documents} | {rule.open} |")
    for one in DOCUMENTS.values():
        shown.add(f"| {one.key} | [{one.title}]({one.url}) | {one.publisher} | {one.read} |")
    assert {row for row in rows if not re.match(r"\| (Word|Rule|Key) ", row)} == shown


@pytest.mark.parametrize("text", ["rule 1.2 [A1, A6], 9.9 of A99", "our own guess", ""])
def test_a_citation_keeps_all_its_words(text: str) -> None:
    assert "".join(piece.text for piece in pieces(text)) == text
