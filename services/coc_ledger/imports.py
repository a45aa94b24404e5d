"""Files of movements over HTTP: taken in, followed, answered row by row.

A row is a booking of its own: wrong ones are refused, the others are booked. A movement's id is its
sender's, so that a file that comes twice adds nothing.
"""

import sys
import time
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Annotated, Any

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from contracts.custody import PoolKey
from contracts.values import ID_PATTERN
from infra.errors import Transient
from infra.importing import jobs
from infra.importing.formats import Format
from infra.importing.jobs import Options
from infra.importing.kinds import Asked, Build, Kind
from infra.importing.mapping import Binding
from infra.importing.run import Imports
from infra.importing.web import BODY, FILE_LIMIT, MAX_CONSTANTS, add_reads, shown
from infra.persons import Persons
from infra.service import Running
from infra.web import Api, Json, SignedIn, correlation_id

from . import domain, movement_rows
from .domain import CONSUMER, Knowledge
from .evidence import ScopeEvidence
from .movement_words import FIELDS
from .pool_commands import Booking
from .queries import Queries
from .recent import PAGES, PER_PAGE

LIMITS: Mapping[str, int] = {"/coc/imports": FILE_LIMIT}
AHEAD = PER_PAGE * PAGES // 2
"""Events that rows may be behind when a chunk is read: fewer than the ids that a pool remembers,
with room for the chunk that is being written and for other callers."""
SAME = ("scope_id", "stage", "day", "supplier_id")
WAIT_S = 10.0
LOOK_S = 0.02
Text = Annotated[str, Query(max_length=500)]


def movements_kind(running: Running, queries: Queries) -> Kind:
    """Movements as a kind of import. A dry run compares an id with what is booked and with the
    4,000 rows before it; a pool that is being written tells all."""

    def builder(asked: Asked, binding: Binding, today: date) -> Build:
        _caught_up(running, queries)
        job = jobs.load(running.engine, asked.import_id)
        trying = job is not None and job.phase == "trying"
        known = _kept(queries.knowledge())
        seen: dict[tuple[object, ...], dict[str, object]] = {}

        def evidence(command: type[Booking], values: movement_rows.Values) -> movement_rows.Values:
            # Rows of one scope, stage and day differ in what is known of their movement alone.
            like = (command.FILLED, *(values.get(name) for name in SAME))
            found = seen.get(like)
            if found is None:
                found = seen[like] = domain.fill(command, values, known, today)
            pool = domain.pool_known(_pool(values, found["scope"]), values, known)
            if trying:
                # What is only tried never comes into rows: there is nothing to wait for.
                pool = pool.model_copy(update={"through": sys.maxsize})
            return {**found, "known": pool}

        return movement_rows.builder(asked, binding, today, evidence)

    return Kind("movements", FIELDS, movement_rows.check, builder)


def _pool(values: movement_rows.Values, scope: object) -> str:
    """The pool of a row: scope and stage stand in it, the period is the scope's."""
    assert isinstance(scope, ScopeEvidence)  # without one it was refused
    where = {"scope_id": scope.scope_id, "stage": values["stage"], "period": scope.period}
    return PoolKey.model_validate(where).key


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


def _kept(known: Knowledge) -> Knowledge:
    """The same knowledge, looked up once for a chunk. Movements are looked up one by one, and not
    in a pool that has none."""
    pools: dict[str, Any] = {}

    def row(projection: str, key: str) -> Any:
        if projection == "pools":
            if key not in pools:
                pools[key] = known.row(projection, key)
            return pools[key]
        if projection == "movements" and row("pools", key.partition("/")[0]) is None:
            return None
        return known.row(projection, key)

    return known._replace(state=cache(known.state), row=row, certificates=cache(known.certificates))


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
