"""Files of activity data over HTTP: taken in, followed, answered row by row and year by year."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from contracts.values import ID_PATTERN
from infra.importing.formats import Format
from infra.importing.jobs import Options
from infra.importing.kinds import Asked, Fault, Grouped, KeyOf, Kind
from infra.importing.mapping import Binding
from infra.importing.run import Imports
from infra.importing.web import BODY, FILE_LIMIT, MAX_CONSTANTS, add_reads, shown
from infra.persons import Persons
from infra.service import Running
from infra.web import Api, Json, SignedIn, correlation_id

from .activity_words import FIELDS
from .activity_work import Prepared, rows_of, work
from .queries import Queries

LIMITS: Mapping[str, int] = {"/ghg/imports": FILE_LIMIT}
Text = Annotated[str, Query(max_length=500)]
OTHERS = Fault(
    "",
    "with-its-facility-year",
    "another row of this facility and year is wrong: a year is taken whole or not at all",
)


def activity_kind(queries: Queries) -> Kind:
    """Activity data as a kind of import: a facility-year is taken whole."""

    def key(asked: Asked, binding: Binding) -> KeyOf:
        # Which year a row belongs to needs neither a day nor facilities.
        return rows_of(Prepared(asked, binding, date(2100, 1, 1), {})).key

    def prepare(asked: Asked, binding: Binding, today: date, keys: Sequence[str]) -> Prepared:
        wanted = sorted({found.rpartition(":")[0] for found in keys if found})
        known = queries.facilities(wanted)
        own = {name: one for name, one in known.items() if one.member_id == asked.member_id}
        return Prepared(asked, binding, today, own)

    return Kind("activity", FIELDS, lambda _: None, grouped=Grouped(key, prepare, work, OTHERS))


def add_imports(api: Api, running: Running, queries: Queries, persons: Persons) -> Imports:
    """Add `/ghg/imports` and the worker behind it."""
    kind = activity_kind(queries)
    imports = Imports(running, [kind])

    @api.post("/ghg/imports", tags=["imports"], status_code=202, openapi_extra=BODY)
    async def receive(
        request: Request,
        principal: SignedIn,
        import_id: Annotated[str, Query(pattern=ID_PATTERN)],
        member_id: Annotated[str, Query(pattern=ID_PATTERN)],
        format: Annotated[Format, Query()],  # noqa: A002  # its name in the address
        dry_run: Annotated[bool, Query()] = False,
        all_or_nothing: Annotated[bool, Query()] = False,
        map: Annotated[list[Text], Query(max_length=MAX_CONSTANTS)] = [],  # noqa: A002, B006
        set: Annotated[list[Text], Query(max_length=MAX_CONSTANTS)] = [],  # noqa: A002, B006
    ) -> Response:
        """Take in a file of activity data of any number of facilities and years, streamed; the
        rows of one may stand anywhere in it. Each facility-year is taken whole and calculated, or
        refused with every row that is the reason: see `/ghg/imports/{id}/rows`, and what was found
        in each at `/ghg/imports/{id}/groups`. The same file again under its id is the same
        import."""
        principal.require_member(member_id)
        options = Options(format, dry_run, False, all_or_nothing, tuple(map), tuple(set))
        actor = await persons.actor(principal)
        asked = Asked(import_id, member_id)
        job = await imports.receive(
            kind, asked, options, actor, correlation_id(request), request.stream()
        )
        return Json(shown(job), 202)

    add_reads(api, running, imports)
    return imports
