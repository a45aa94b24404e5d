"""Files of movements over HTTP: taken in, followed, answered row by row.

A row is a booking of its own: wrong ones are refused, the others are booked. A movement's id is its
sender's, so that a file that comes twice adds nothing.
"""

import time
from collections.abc import Mapping
from datetime import date
from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from contracts.values import ID_PATTERN
from infra.errors import Transient
from infra.importing import jobs
from infra.importing.formats import Format
from infra.importing.jobs import Options
from infra.importing.kinds import Asked, Kind
from infra.importing.mapping import Binding
from infra.importing.run import Imports
from infra.importing.web import BODY, FILE_LIMIT, MAX_CONSTANTS, add_reads, shown
from infra.persons import Persons
from infra.service import Running
from infra.web import Api, Json, SignedIn, correlation_id

from . import movement_rows
from .domain import CONSUMER
from .movement_notes import noted
from .movement_packing import MovementPacking
from .movement_words import FIELDS
from .queries import Queries
from .recent import PAGES

LIMITS: Mapping[str, int] = {"/coc/imports": FILE_LIMIT}
AHEAD = PAGES // 2
"""Events that rows may be behind when a chunk is read: fewer than those of which a pool remembers
the ids, with room for the chunk that is being written and for other callers."""
WAIT_S = 10.0
LOOK_S = 0.02
Text = Annotated[str, Query(max_length=500)]


def movements_kind(running: Running, queries: Queries) -> Kind:
    """Movements as a kind of import. A dry run compares an id with what is booked and with the
    rows before it that a pool remembers; a pool that is being written tells all."""

    def packing(asked: Asked, binding: Binding, today: date) -> MovementPacking:
        _caught_up(running, queries)
        job = jobs.load(running.engine, asked.import_id)
        trying = job is not None and job.phase == "trying"
        return MovementPacking(asked, binding, today, queries, trying=trying)

    return Kind("movements", FIELDS, movement_rows.check, packing=packing, noted=noted)


def _caught_up(running: Running, queries: Queries) -> None:
    """Wait until rows know what pools no longer remember; Transient when that takes long."""
    until = time.monotonic() + WAIT_S
    while True:
        end = running.store.head().position
        if end - queries.reader.through(CONSUMER).get(running.name, 0) <= AHEAD:
            return
        if time.monotonic() > until:
            raise Transient("the rows of the ledger are far behind its events")
        time.sleep(LOOK_S)


def add_imports(api: Api, running: Running, queries: Queries, persons: Persons) -> Imports:
    """Add `/coc/imports` and the worker behind it."""
    kind = movements_kind(running, queries)
    imports = Imports(running, [kind])

    @api.post("/coc/imports", tags=["imports"], status_code=202, openapi_extra=BODY)
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
        """Take in a file of movements of any of the member's scopes, streamed. Each row is booked
        or refused by itself, in the order of the file: see `/coc/imports/{id}/rows`. A movement
        that is booked already adds nothing; the same file again under its id is the same
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
