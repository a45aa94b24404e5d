"""What leaves the ledger as files and pictures: statements, EPCIS, paper, reports, the flow."""

import asyncio
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path as File
from typing import Annotated, Literal

import xlsxwriter
from fastapi import Path, Query
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse

from contracts.values import ID_PATTERN
from infra.errors import Refused
from infra.importing.rejects import MEDIA_TYPES
from infra.service import Running
from infra.web import Api, Json, SignedIn
from services.coc_ledger.allowed_api import Allowed
from services.coc_ledger.documents.check_api import Links, add_check, base_of, named, printed
from services.coc_ledger.documents.paper import paper
from services.coc_ledger.documents.verdict import why_not
from services.coc_ledger.flows.flow_api import add_flow
from services.coc_ledger.knowledge import Knowledge
from services.coc_ledger.overview import Overview
from services.coc_ledger.overview_api import add_overview
from services.coc_ledger.rows import ScopeRow
from services.coc_ledger.yearly_reports import yearly

from . import proofs
from .epcis import epcis_document
from .exports import Exports
from .statements import COLUMNS, csv_of

Key = Annotated[str, Path(pattern=ID_PATTERN)]
Year = Annotated[int, Query(ge=2010, le=2100)]
Form = Literal["csv", "xlsx", "json"]
By = Literal["stage", "activity"]
Limit = Annotated[int, Query(ge=1, le=1_000)]
Rows = Iterable[Sequence[object]]
EPCIS_TYPE = "application/ld+json"
SHEET_ROWS_AT_MOST = 1_000_000
"""A sheet has 1,048,576 rows."""


def add_exports(
    made: Api, running: Running, behind_s: Callable[[], int], knowledge: Callable[[], Knowledge]
) -> None:
    """All routes of exports, beside the ledger's own."""
    exports = Exports(running)
    allowed = Allowed(running, exports)
    overview = Overview(running, exports, behind_s, knowledge)
    links = Links(made.shared.public_url, running.writer.request_key)
    _pools(made, exports, allowed)
    _documents(made, exports, overview, allowed, links)
    _reports(made, exports, allowed)
    add_flow(made, running, exports, allowed)
    add_overview(made, running, overview, allowed)
    add_check(made, exports, overview, links)


def _pools(made: Api, exports: Exports, allowed: Allowed) -> None:
    @made.get("/coc/pools/{pool}/statement", tags=["exports"])
    async def statement(principal: SignedIn, pool: Key, form: Form = "csv") -> Response:
        """Each booking of a pool in its order, with stock, cover and overdraft after it."""
        row = await allowed.pool(principal, pool)
        name = f"statement-{pool.replace(':', '_')}"
        return await _table(form, name, COLUMNS, exports.statement(row))

    @made.get("/coc/pools/{pool}/epcis", tags=["exports"])
    async def epcis(
        request: Request,
        principal: SignedIn,
        pool: Key,
        after: Annotated[int, Query(ge=0, le=2**53 - 1)] = 0,
        limit: Limit = 1_000,
    ) -> Response:
        """A pool's movements as GS1 EPCIS 2.0. The header `Next-After` says where to go on."""
        row = await allowed.pool(principal, pool)
        page = await asyncio.to_thread(exports.pool_events, row, after, limit)
        document = epcis_document(page.records, base_of(request), page.made_at, page.also)
        headers = {"next-after": str(page.through)} if page.through is not None else {}
        return Json(document, headers=headers, media_type=EPCIS_TYPE)


def _documents(
    made: Api, exports: Exports, overview: Overview, allowed: Allowed, links: Links
) -> None:
    @made.get("/coc/documents/{number}/paper", tags=["exports"])
    async def on_paper(
        request: Request, principal: SignedIn, number: Key, form: Literal["json", "pdf"] = "json"
    ) -> Response:
        """A document as it is printed, with what became of it and whether it is valid by what is
        known now: as PDF with a QR code, or JSON."""
        row = await allowed.document(principal, number)
        issued, became = exports.stated(row)
        found, _ = await asyncio.to_thread(overview.standing, row)
        said = paper(issued, became, links.of(request, number), why_not(found))
        if form == "json":
            return Json(said)
        return await printed(said)

    @made.get("/coc/documents/{number}/epcis", tags=["exports"])
    async def epcis(request: Request, principal: SignedIn, number: Key) -> Response:
        """A document as GS1 EPCIS 2.0: issued, checked, and declared an error where it was."""
        row = await allowed.document(principal, number)
        page = await asyncio.to_thread(exports.document_events, row)
        document = epcis_document(page.records, base_of(request), page.made_at, page.also)
        return Json(document, media_type=EPCIS_TYPE)


def _reports(made: Api, exports: Exports, allowed: Allowed) -> None:
    @made.get("/coc/scopes/{scope_id}/report", tags=["exports"])
    async def report(
        principal: SignedIn, scope_id: Key, year: Year, form: Form = "json", by: By = "stage"
    ) -> Response:
        """A calendar year of a scope by stage, with circularity indicators, or by supply-chain
        activity, with which others it shares a pool: the report to ASI."""
        row = await allowed.scope(principal, scope_id)
        return await _report((form, by), exports, [row], year, scope_id)

    @made.get("/coc/scopes/{scope_id}/proofs", tags=["exports"])
    async def named_again(
        principal: SignedIn, scope_id: Key, year: Year, form: Form = "json"
    ) -> Response:
        """Proofs of origin (`origin_ref`) that this scope names in a calendar year and that are
        named in another scope of its member as well, or for more than one supplier: who names them,
        for how many movements, with what mass. `remarks`: `proof-in-more-than-one-scope`,
        `proof-of-more-than-one-supplier`. Nothing is refused for it: a declaration may cover many
        deliveries. A scope that is not the viewer's to see is `masked`."""
        row = await allowed.scope(principal, scope_id)
        found = await asyncio.to_thread(exports.proofs, row, year)
        seen = await asyncio.to_thread(allowed.of_member, principal, row)
        name = f"proofs-{scope_id.replace(':', '_')}-{year}"
        return await _table(form, name, proofs.COLUMNS, found.lines(scope_id, seen))

    @made.get("/coc/members/{member_id}/report", tags=["exports"])
    async def reports(
        principal: SignedIn, member_id: Key, year: Year, form: Form = "json", by: By = "stage"
    ) -> Response:
        """The same for all scopes of a member."""
        principal.require_member(member_id)
        rows = await asyncio.to_thread(exports.scopes, member_id)
        return await _report((form, by), exports, rows, year, member_id)


async def _report(
    wanted: tuple[Form, By], exports: Exports, rows: Sequence[ScopeRow], year: int, of: str
) -> Response:
    form, by = wanted
    found = await asyncio.to_thread(exports.report, rows, year)
    name = f"report-{of.replace(':', '_')}-{year}"
    if by == "activity":
        each = [one for _, activities in found for one in activities]
        return await _table(form, f"{name}-activities", yearly.ACTIVITY_COLUMNS, each)
    return await _table(form, name, yearly.COLUMNS, [line for line, _ in found])


# --- forms ---


async def _table(form: Form, name: str, columns: Sequence[str], rows: Rows) -> Response:
    if form == "json":
        items = await asyncio.to_thread(list, rows)
        return Json({"items": items})
    if form == "csv":
        return StreamingResponse(
            csv_of(columns, rows), headers=named(f"{name}.csv"), media_type=MEDIA_TYPES["csv"]
        )
    file = await asyncio.to_thread(_sheet, columns, rows)
    return FileResponse(
        file,
        media_type=MEDIA_TYPES["xlsx"],
        filename=f"{name}.xlsx",
        background=BackgroundTask(file.unlink),
    )


def _sheet(columns: Sequence[str], rows: Rows) -> File:
    """A workbook in a file that its sender deletes; numbers are numbers, no text is a formula."""
    with tempfile.NamedTemporaryFile(suffix=".xlsx", delete=False) as made:
        file = File(made.name)
    try:
        with xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
            sheet = book.add_worksheet("castmark")
            for column, name in enumerate(columns):
                sheet.write_string(0, column, name)
            for at, row in enumerate(rows, start=1):
                _check_length(at)
                for column, cell in enumerate(row):
                    if isinstance(cell, int):
                        sheet.write_number(at, column, cell)
                    elif cell is not None:
                        sheet.write_string(at, column, _text(cell)[:32_767])
    except BaseException:
        file.unlink()
        raise
    return file


def _check_length(at: int) -> None:
    if at > SHEET_ROWS_AT_MOST:
        raise Refused(
            "sheet-too-long",
            f"A sheet holds {SHEET_ROWS_AT_MOST} rows, and there are more: ask for CSV.",
            most=SHEET_ROWS_AT_MOST,
        )


def _text(cell: object) -> str:
    return ", ".join(map(str, cell)) if isinstance(cell, tuple) else str(cell)
