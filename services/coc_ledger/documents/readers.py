"""Who may read a document: its two sides, and whoever stands in the place of one of them. Pure.

A scope that goes over takes its documents along: who holds it from then on corrects them, and so
reads them. A correction may change closed periods of who issued the first one, or had bought by it:
these read it. Nobody reads a document for another buyer. Rules: sources.md 5.6 (7), 5.7.
"""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple, Protocol

from services.coc_ledger.rows import ScopeRow

from .rows import DocumentRow


class Rows(Protocol):
    """Where rows are looked up."""

    def scope(self, scope_id: str, /) -> ScopeRow | None:
        """A scope as it stands."""
        ...

    def document(self, number: str, /) -> DocumentRow | None:
        """A document as it stands."""
        ...


class Readers(NamedTuple):
    """Members. The `issuers` read all that the ledger keeps of it, the others what was stated."""

    issuers: frozenset[str]
    others: frozenset[str]


def readers_of(row: DocumentRow, rows: Rows, today: date) -> Readers:
    """Who may read a document on a day."""
    issuers = {row.member_id, *(one.member_id for one in _after(row.scope_id, rows, today))}
    others = {one.member_id for one in _after(row.customer_scope_id, rows, today)}
    if row.customer_member_id is not None:
        others.add(row.customer_member_id)
    for old in _replaced(row, rows):
        others |= {old.member_id, *(one.member_id for one in _after(old.scope_id, rows, today))}
        went_to = {one.scope_id for one in _after(old.customer_scope_id, rows, today)}
        if row.customer_scope_id in went_to and old.customer_member_id is not None:
            others.add(old.customer_member_id)
    return Readers(frozenset(issuers), frozenset(others - issuers))


def _after(scope_id: str | None, rows: Rows, today: date) -> Iterator[ScopeRow]:
    """The scopes into which one has gone over by a day, one after the other."""
    passed = {scope_id}
    found = rows.scope(scope_id) if scope_id else None
    while found is not None and found.ends_before is not None and found.ends_before <= today:
        if found.to_scope_id is None or found.to_scope_id in passed:
            return
        passed.add(found.to_scope_id)
        found = rows.scope(found.to_scope_id)
        if found is not None:
            yield found


def _replaced(row: DocumentRow, rows: Rows) -> Iterator[DocumentRow]:
    """The documents in whose place one stands, the last one first."""
    passed: set[str] = {row.number}
    while row.replaces is not None and row.replaces not in passed:
        passed.add(row.replaces)
        old = rows.document(row.replaces)
        if old is None:
            return
        yield old
        row = old
