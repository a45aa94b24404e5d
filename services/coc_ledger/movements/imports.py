"""Files of movements over HTTP: taken in, followed, answered row by row.

A row is a booking of its own: wrong ones are refused, the others are booked. A movement's id is its
sender's, so that a file that comes twice adds nothing.
"""

import time
from collections.abc import Mapping
from datetime import date

from infra.errors import Transient
from infra.importing import jobs
from infra.importing.kinds import Asked, Kind
from infra.importing.mapping import Binding
from infra.importing.run import Imports
from infra.importing.web import FILE_LIMIT, add_reads, add_receive
from infra.persons import Persons
from infra.service import Running
from infra.web import Api
from services.coc_ledger.domain import CONSUMER
from services.coc_ledger.pools.recent import PAGES
from services.coc_ledger.queries import Queries

from . import rows as movement_rows
from .notes import noted
from .packing import MovementPacking
from .words import FIELDS

LIMITS: Mapping[str, int] = {"/coc/imports": FILE_LIMIT}
AHEAD = PAGES // 2
"""Events that rows may be behind when a chunk is read: fewer than those of which a pool remembers
the ids, with room for the chunk that is being written and for other callers."""
WAIT_S = 10.0
LOOK_S = 0.02
ABOUT = """Take in a file of movements of any of the member's scopes, streamed. Each row is booked
or refused by itself, in the order of the file: see `/coc/imports/{id}/rows`; what counts as non-CoC
is told at `/coc/imports/{id}/notes`. A movement that is booked already adds nothing; the same file
again under its id is the same import."""


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
    add_receive(api, running, imports, kind, persons, ABOUT)
    add_reads(api, running, imports)
    return imports
