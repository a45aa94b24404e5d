"""The yearly reports to ASI over HTTP: what is expected of whom, each version, the books now."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import Field
from starlette.responses import Response

from contracts import coc_reports as told
from contracts.canonical import canonical_json
from contracts.envelope import Event
from contracts.values import ID_PATTERN, Value
from infra.auth import RoleKind
from infra.errors import Refused
from infra.reading import Reader
from infra.service import Running
from infra.web import Api, Json, Paged, SignedIn, listed
from services.coc_ledger.allowed_api import Allowed
from services.coc_ledger.domain import CONSUMER
from services.coc_ledger.exports.export_rows import CONSUMER as EXPORTS
from services.coc_ledger.exports.exports import Exports

from . import report_before
from .commands import Figures
from .rows import ReportRow, report_key
from .yearly import ActivityLine, ReportLine

Key = Annotated[str, Path(pattern=ID_PATTERN)]
Year = Annotated[int, Path(ge=2010, le=2100)]
State = Annotated[str | None, Query(pattern=r"^[a-z]{1,20}$")]
VERSIONED = (
    told.ReportPrepared,
    told.ReportSubmitted,
    told.ReportReturned,
    told.ReportAccepted,
)


class Whole(Value):
    """What the hash of a version's figures is of."""

    stages: Annotated[tuple[told.StageFigures, ...], Field(min_length=1)]


class Reports:
    """Every call may wait for the database."""

    def __init__(self, running: Running) -> None:
        self._reader = Reader(running)
        self.exports = Exports(running)
        self.allowed = Allowed(running, self.exports)

    def figures(self, scope_id: str, year: int, *, as_told: bool = False) -> Figures:
        """A year of a scope as the books have it now. How far they go is read first: what is read
        after it is at least as new. Raises Refused for a scope that is not there. `as_told`: by
        the formula before."""
        position = self._reader.through(EXPORTS).get("coc_ledger", 0)
        scope = self.exports.scope(scope_id)
        if scope is None:
            raise Refused("unknown-scope", f"There is no scope {scope_id}.", scope_id=scope_id)
        stages = [
            {
                **_fields(line, told.StageFigures),
                "by_activity": [_fields(one, told.ActivityFigures) for one in activities],
            }
            for line, activities in self.exports.report([scope], year, as_told=as_told)
        ]
        whole = Whole.model_validate({"stages": stages})
        return Figures(
            stages=whole.stages,
            figures_hash=hashlib.sha256(canonical_json(whole)).hexdigest(),
            books_position=position,
        )

    def page(
        self, where: Mapping[str, object], after: str | None, limit: int
    ) -> Sequence[ReportRow]:
        """Years to report, by scope and year, up to `limit + 1`."""
        return self._reader.page(CONSUMER, "reports", after, limit, where)

    def whole(self, scope_id: str, year: int) -> dict[str, Any] | None:
        """A year with all its versions, and whether the books still say what was reported."""
        key = report_key(scope_id, year)
        row: ReportRow | None = self._reader.row(CONSUMER, "reports", key)
        if row is None:
            return None
        events = [one.event for one in self._reader.history(f"coc_report/{scope_id}")]
        versions: dict[int, dict[str, object]] = {}
        for event in events:
            if isinstance(event, VERSIONED) and event.year == year:
                versions.setdefault(event.version, {}).update(_said(event))
        books = self.figures(scope_id, year)
        now = {"figures_hash": books.figures_hash, "books_position": books.books_position}
        before = self.figures(scope_id, year, as_told=True)
        alike = {books.figures_hash, before.figures_hash}
        alike |= {report_before.figures_hash(one.stages) for one in (books, before)}
        same = [number for number, one in versions.items() if one["figures_hash"] in alike]
        return {
            **row._asdict(),
            "versions": list(versions.values()),
            "books": {**now, "same_as": same[-1] if same else None},
        }


def _fields(line: ReportLine | ActivityLine, of: type[Value]) -> dict[str, object]:
    """What a line says of a contract's fields."""
    return {name: value for name, value in line._asdict().items() if name in of.model_fields}


def _said(event: Event) -> dict[str, object]:
    """What an event says of a version."""
    named = {"scope_id", "member_id", "year", "due_on", "approver"}
    return event.model_dump(mode="json", exclude=named)


def add_reports(made: Api, reports: Reports) -> None:
    """All routes of the yearly reports, beside the ledger's own."""

    allowed = reports.allowed

    async def page(wanted: Paged, where: Mapping[str, object]) -> Response:
        rows = await asyncio.to_thread(reports.page, where, wanted.after, wanted.limit)
        return Json(listed([row._asdict() for row in rows], wanted, lambda row: row["key"]))

    @made.get("/coc/reports", tags=["reports"])
    async def everywhere(principal: SignedIn, wanted: Paged, state: State = None) -> Response:
        """All years to report, of all scopes: for ASI operations."""
        principal.require(RoleKind.OPS)
        return await page(wanted, {"state": state})

    @made.get("/coc/members/{member_id}/reports", tags=["reports"])
    async def of_member(
        principal: SignedIn, member_id: Key, wanted: Paged, state: State = None
    ) -> Response:
        """The years that a member's scopes report."""
        principal.require_member(member_id)
        return await page(wanted, {"member_id": member_id, "state": state})

    @made.get("/coc/scopes/{scope_id}/reports", tags=["reports"])
    async def of_scope(principal: SignedIn, scope_id: Key, wanted: Paged) -> Response:
        """The years that a scope reports, each as it stands."""
        await allowed.scope(principal, scope_id)
        return await page(wanted, {"scope_id": scope_id})

    @made.get("/coc/scopes/{scope_id}/reports/{year}", tags=["reports"])
    async def one(principal: SignedIn, scope_id: Key, year: Year) -> Response:
        """A year with all its versions; `books` says whether one of them is what the books have
        now."""
        await allowed.scope(principal, scope_id)
        found = await asyncio.to_thread(reports.whole, scope_id, year)
        if found is None:
            raise Refused(
                "unknown-report",
                f"nothing is expected or prepared of {scope_id} and {year}",
                scope_id=scope_id,
                year=year,
            )
        return Json(found)
