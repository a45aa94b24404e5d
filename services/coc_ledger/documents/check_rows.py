"""Rows by which news of a certificate finds the documents that it concerns, and no others. Pure.

Whether a document passes its check follows from its issuer's scope, the day of issue, the
facilities that have to be certified, whether the Performance Standard may follow, and, where the
metal is a joint venture's share, from its holder: documents that share these share the answer. So
an entity has one row for each such day, and each document says under which answer it stands: its
claim was covered by certificates when it was issued, and so it stands until news of them.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from contracts.coc_documents import (
    ClaimRechecked,
    DocumentChecked,
    DocumentConfirmed,
    DocumentEnded,
    DocumentIssued,
)
from contracts.envelope import Recorded
from infra.decider import derived_id
from infra.readmodel import Projection


class CheckDayRow(NamedTuple):
    """A day on which an entity issued documents of a kind from a scope; of metal that is the share
    of `holder_entity_id`, where that is one."""

    key: str
    entity_id: str
    issued_on: date
    ps_pending: bool
    scope_id: str
    facilities: tuple[str, ...]
    ps_later: tuple[str, ...]
    holder_entity_id: str = ""


class CheckRow(NamedTuple):
    """A document. `checked_as` is its day with the answer of the last check, of the claim until its
    receiver confirms it; None while that check waits, and where the document has ended."""

    number: str
    day_key: str
    checked_as: str | None


def day_key(event: DocumentIssued) -> str:
    """The key of a day's row."""
    asked = event.evidence.facilities, event.evidence.ps_later
    named = derived_id(*("\n".join(one) for one in asked))
    pending = int(event.supplement.ps_pending)
    share = f"/{event.holder_entity_id}" if event.holder_entity_id else ""
    return f"{event.pool.scope_id}/{event.issued_on.isoformat()}/{pending}/{named}{share}"


def checked_as(key: str, *, passed: bool) -> str:
    """Under what the documents of a day stand that passed, or did not."""
    return f"{key}/{int(passed)}"


def _day_keys(recorded: Recorded) -> Sequence[str]:
    event = recorded.event
    return (day_key(event),) if isinstance(event, DocumentIssued) else ()


def _day(key: str, row: CheckDayRow | None, recorded: Recorded) -> CheckDayRow | None:
    event = recorded.event
    if row is not None or not isinstance(event, DocumentIssued):
        return row
    return CheckDayRow(
        key,
        event.issuer.entity_id or "",
        event.issued_on,
        event.supplement.ps_pending,
        event.pool.scope_id,
        event.evidence.facilities,
        event.evidence.ps_later,
        event.holder_entity_id or "",
    )


EVENTS = (DocumentIssued, ClaimRechecked, DocumentConfirmed, DocumentChecked, DocumentEnded)


def _check_keys(recorded: Recorded) -> Sequence[str]:
    event = recorded.event
    return (event.number,) if isinstance(event, EVENTS) else ()


def _check(key: str, row: CheckRow | None, recorded: Recorded) -> CheckRow | None:
    event = recorded.event
    if isinstance(event, DocumentIssued):
        day = day_key(event)
        return CheckRow(key, day, checked_as(day, passed=True))
    if row is None:
        return None
    if isinstance(event, ClaimRechecked | DocumentChecked):
        return row._replace(checked_as=checked_as(row.day_key, passed=event.passed))
    return row._replace(checked_as=None)


CHECK_PROJECTIONS: tuple[Projection, ...] = (
    Projection(
        "check_days",
        3,
        CheckDayRow,
        _day_keys,
        _day,
        (("entity_id",), ("scope_id",), ("holder_entity_id",)),
        frozenset({DocumentIssued}),
    ),
    Projection(
        "document_checks",
        3,
        CheckRow,
        _check_keys,
        _check,
        (("checked_as",),),
        frozenset(EVENTS),
    ),
)
