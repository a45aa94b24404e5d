"""A row per scope and calendar year to report: who is late, what lies with ASI. Pure."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from contracts import coc_reports as told
from contracts.envelope import Recorded
from infra.readmodel import Projection


class ReportRow(NamedTuple):
    """A year as it stands. `state`: expected, prepared, submitted, returned, accepted, excused;
    one that was accepted stays so until a correction is. `version` is the last that was prepared;
    `submitted` lies, or lay last, with ASI."""

    key: str
    scope_id: str
    member_id: str
    year: int
    state: str
    due_on: date | None
    overdue: bool
    version: int | None
    submitted: int | None
    accepted: int | None
    books_position: int | None
    figures_hash: str | None
    submitted_on: date | None
    reasons: tuple[str, ...]


def report_key(scope_id: str, year: int) -> str:
    """The key of a year's row."""
    return f"{scope_id}:{year}"


Told = (
    told.ReportExpected
    | told.ReportExcused
    | told.ReportPrepared
    | told.ReportSubmitted
    | told.ReportReturned
    | told.ReportAccepted
    | told.ReportOverdue
)


def _keys(recorded: Recorded) -> Sequence[str]:
    event = recorded.event
    return (report_key(event.scope_id, event.year),) if isinstance(event, Told) else ()


def _evolve(key: str, row: ReportRow | None, recorded: Recorded) -> ReportRow | None:
    event = recorded.event
    if not isinstance(event, Told):
        return row
    row = row or _new(key, event)
    match event:
        case told.ReportExpected():
            state = row.state if row.version else "expected"
            return row._replace(state=state, due_on=event.due_on, overdue=False)
        case told.ReportExcused():
            return row._replace(state="excused", due_on=None, overdue=False)
        case told.ReportPrepared():
            state = row.state if row.state in ("submitted", "accepted") else "prepared"
            return row._replace(
                state=state,
                version=event.version,
                books_position=event.books_position,
                figures_hash=event.figures_hash,
            )
        case told.ReportSubmitted():
            return row._replace(
                state="submitted",
                submitted=event.version,
                submitted_on=event.submitted_on,
                reasons=(),
            )
        case told.ReportReturned():
            return row._replace(state="returned", reasons=event.reasons)
        case told.ReportAccepted():
            return row._replace(state="accepted", accepted=event.version)
        case told.ReportOverdue():
            return row._replace(overdue=True)


def _new(key: str, event: Told) -> ReportRow:
    return ReportRow(
        key=key,
        scope_id=event.scope_id,
        member_id=event.member_id,
        year=event.year,
        state="expected",
        due_on=None,
        overdue=False,
        version=None,
        submitted=None,
        accepted=None,
        books_position=None,
        figures_hash=None,
        submitted_on=None,
        reasons=(),
    )


REPORTS = Projection(
    "reports",
    1,
    ReportRow,
    _keys,
    _evolve,
    (("member_id", "key"), ("scope_id", "key"), ("state", "key")),
    frozenset(told.EVENTS),
)
