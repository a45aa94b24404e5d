"""The public documents that the rules rest on, and how far each was read. Pure.

The same as docs/sources.md, which a test compares. A rule is cited by its number (`rule 1.2`), a
document by its key (`[A1, A6]`); `pieces` finds both in a policy's words.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from .source_documents import DOCUMENTS, LISTED, Document
from .source_rules import RULES, Rule

__all__ = ["DOCUMENTS", "EVIDENCE", "RULES", "Document", "Piece", "Rule", "documents_in", "pieces"]


class Piece(NamedTuple):
    """Some words of a citation; what they name, if it is one of ours: `rule-1.2`, `A1`."""

    text: str
    names: str | None
    title: str


EVIDENCE: Mapping[str, str] = {
    "verified": "read in the document named; not compared with the standard's own text",
    "derived": "follows from what was read",
    "design": "our own choice, where nothing is laid down",
    "unverified": "general knowledge or a guess that nobody has compared with anything",
}

_CITED = re.compile(
    r"\b[ABG]\d+b?\b|(?<!criterion )(?<!criteria )\b[1-9]\.(?:1\d|\d)\b|(?<=rule )[1-9]\b(?!\.)"
)
"""A document's key, a rule's number. `criterion 5.2` is a number of the standard's, not of ours."""


def pieces(text: str) -> Sequence[Piece]:
    """A citation cut where it names a rule or a document of ours; all of its text, in order."""
    found: list[Piece] = []
    at = 0
    for match in _CITED.finditer(text):
        piece = _named(match.group())
        if piece is not None:
            found += [Piece(text[at : match.start()], None, ""), piece]
            at = match.end()
    return [piece for piece in (*found, Piece(text[at:], None, "")) if piece.text]


def _named(word: str) -> Piece | None:
    if word in RULES:
        return Piece(word, f"rule-{word}", RULES[word].title)
    if word in DOCUMENTS:
        one = DOCUMENTS[word]
        return Piece(word, word, f"{one.title} – {one.publisher}")
    return None


def documents_in(texts: Iterable[str]) -> Sequence[Document]:
    """The documents that citations name, each once, in the order of this list."""
    named = {piece.names for text in texts for piece in pieces(text)}
    return [one for one in LISTED if one.key in named]
